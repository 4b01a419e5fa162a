from pathlib import Path

import pytest
import torch

from pcv.config.encoder import SerialConfig
from pcv.config.scoring import EvalConfig
from pcv.errors import RecipeError
from pcv.stages import starting_encoder
from pcv.stages.probe import probe
from pcv.stages.training import pretrain
from pcv.train.checkpoint import load_encoder
from tests.stages.scene_jobs import DATA, ENCODER, pretraining, probing


def test_a_probe_scores_points_and_changes_nothing(rooms, tmp_path: Path) -> None:
    pretrain(pretraining(rooms, tmp_path / "pre"))
    file = tmp_path / "pre/checkpoints/last/encoder.safetensors"
    before = file.read_bytes()
    for start in (tmp_path / "pre", None):
        result = probe(probing(rooms, tmp_path / f"p{start is None}", start))
        assert result.init == ("pre" if start else "random")
        assert {"miou_present_classes", "mean_class_accuracy", "batch_drift"} <= set(result.scores)
        assert (result.n_scored, result.n_in_split) == (2, 2)
        assert 0 < result.scores["point_accuracy"] <= 1
    assert file.read_bytes() == before
    few = DATA.model_copy(update={"labelled_points": 20})
    with pytest.raises(RecipeError, match="is for finetuning"):
        probe(probing(rooms, tmp_path / "few", data=few))
    again = probe(probing(rooms, tmp_path / "again"))
    assert (again.scores, again.passes) == (result.scores, 1)
    several = probe(probing(rooms, tmp_path / "v", eval=EvalConfig(turns=4)))
    assert several.passes == 4
    assert several.confusion != again.confusion


def test_statistics_of_a_frozen_norm_stay_as_they_were_pretrained(
    rooms, tmp_path: Path, monkeypatch
) -> None:
    batch = SerialConfig(**(ENCODER.model_dump() | {"norm": "batch"}))
    pretrain(pretraining(rooms, tmp_path / "pre", encoder=batch))
    kept = []
    build = starting_encoder.build_encoder
    monkeypatch.setattr(
        starting_encoder, "build_encoder", lambda config: kept.append(build(config)) or kept[-1]
    )
    probe(probing(rooms, tmp_path / "p", tmp_path / "pre", encoder=batch))
    _, weights = load_encoder(tmp_path / "pre")
    assert any("running_mean" in name for name in weights)
    assert all(torch.equal(value, kept[0].state_dict()[name]) for name, value in weights.items())
    probe(probing(rooms, tmp_path / "r", encoder=batch))
    statistics = [v for n, v in kept[1].state_dict().items() if "running_mean" in n]
    assert any((value != 0).any() for value in statistics)  # warmed: a random encoder's are set
