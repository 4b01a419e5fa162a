from pathlib import Path

import pytest

from pcv.errors import InputError
from pcv.stages.evaluate import evaluate


def test_a_pretrained_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("stage: pretrain\n")
    with pytest.raises(InputError, match="scores finetuned runs"):
        evaluate(tmp_path)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run folder"):
        evaluate(tmp_path)


def test_unknown_choices_are_refused(tmp_path: Path) -> None:
    text = "stage: finetune\nobjective: {name: classify}\n"
    (tmp_path / "recipe.yaml").write_text(text)
    for change in ({"split": "all"}, {"checkpoint": "first"}):
        with pytest.raises(InputError, match="unknown choice"):
            evaluate(tmp_path, **change)
