from pathlib import Path

import pytest

from pcv.clip import ClipBatch
from pcv.config.data import DataConfig
from pcv.config.encoder import P4TransformerConfig, PSTNetConfig
from pcv.config.recipe import Recipe
from pcv.config.supervised import SegmentationConfig
from pcv.config.training import TrainConfig
from pcv.data import dataset
from pcv.data.prepare import prepare
from pcv.data.store.store import Store, open_store
from pcv.errors import InputError, RecipeError
from pcv.stages import checks
from pcv.stages.evaluate import evaluate
from pcv.stages.job import Job
from pcv.stages.training import finetune
from pcv.train.run import RunResult
from pcv_cli import show
from tests.conftest import LabelledReader

SCENE = P4TransformerConfig(
    name="p4transformer", form="scene", width=1 / 32, radius=0.3, neighbours=4, depth=1, heads=2,
    head_channels=8, mlp=16,
)  # fmt: skip
PSTNET = PSTNetConfig(width=0.03, radius=0.5)


def segmenting(store: Store, out: Path, encoder=PSTNET, **train: object) -> Job:
    recipe = Recipe(
        stage="finetune",
        data=DataConfig(frames=4, points=store.points, epoch="videos"),
        encoder=encoder,
        objective=SegmentationConfig(overlap=0.1),
        train=TrainConfig(**({"epochs": 2, "batch": 2} | train)),
    )
    return Job(recipe, "test", store.path, out)


@pytest.fixture
def _labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every clip labels its points by side: class 2 nowhere, and some ignored."""
    real = dataset.collate

    def collate(clips: list[dataset.Clip]) -> ClipBatch:
        batch = real(clips)
        label = (batch.points[..., 0] > 0).long()
        label[:, :, ::7] = -1
        return batch._replace(point_label=label)

    monkeypatch.setattr(dataset, "collate", collate)
    monkeypatch.setattr(checks, "collate", collate)


def scored_run(store: Store, out: Path, encoder=PSTNET) -> tuple[RunResult, dict]:
    result = finetune(segmenting(store, out, encoder, protocol="paper"))
    scored = evaluate(out)
    assert "best_test_epoch" in result.scores
    for name in ("miou_all_classes", "miou_present_classes", "point_accuracy"):
        assert scored[name] == result.scores[name]
    return result, scored


@pytest.mark.usefixtures("_labelled")
def test_segmentation_is_finetuned_and_every_point_scored_once(store, tmp_path, capsys) -> None:
    result, scored = scored_run(store, tmp_path / "r")
    assert result.scores["miou_all_classes"] < result.scores["miou_present_classes"]
    assert (result.n_scored, result.n_in_split) == (1, 1)
    length = int(store.videos.length[store.videos.split == "test"][0])
    assert sum(map(sum, scored["confusion"])) == length * 54  # of 64 points, 10 are ignored
    assert [row["iou"] is None for row in scored["classes"]] == [False, False, True]
    show.scores(scored)
    assert "over all 3" in capsys.readouterr().out


@pytest.mark.usefixtures("_labelled")
def test_p4transformer_segments_too(raw, reader, tmp_path: Path) -> None:
    prepare(reader, raw, tmp_path / "store", points=512)
    scored_run(open_store(tmp_path / "store"), tmp_path / "r", SCENE)


@pytest.mark.usefixtures("_labelled")
def test_class_weights_that_do_not_fit_are_one_line(store, tmp_path: Path) -> None:
    job = segmenting(store, tmp_path / "r")
    weighted = job.recipe.objective.model_copy(update={"class_weights": (1.0, 2.0)})
    with pytest.raises(RecipeError, match=r"class_weights: 2 weights, but .* has 3 classes"):
        finetune(job._replace(recipe=job.recipe.model_copy(update={"objective": weighted})))


def test_points_without_labels_are_one_line(store, tmp_path: Path) -> None:
    job = segmenting(store, tmp_path / "r")
    with pytest.raises(RecipeError, match="points have no labels"):
        finetune(job)


def test_points_are_segmented_by_place_and_colour(raw, store, tmp_path: Path) -> None:
    prepare(LabelledReader(), raw, tmp_path / "store", points=512)
    encoder = SCENE.model_copy(update={"colour": True})
    there = segmenting(open_store(tmp_path / "store"), tmp_path / "r")
    data = there.recipe.data.model_copy(update={"colour": True})
    coloured = there.recipe.model_copy(update={"data": data, "encoder": encoder})
    there = there._replace(recipe=coloured)
    result = finetune(there)
    assert result.class_names == ["left", "right"]
    assert evaluate(tmp_path / "r")["point_accuracy"] == result.scores["point_accuracy"]
    with pytest.raises(RecipeError, match="its points have no colours"):
        finetune(there._replace(store=store.path, out=tmp_path / "x"))


@pytest.mark.usefixtures("_labelled")
def test_segmentation_is_chosen_on_sequences_held_out_or_says_that_none_are(
    store, tmp_path: Path
) -> None:
    strict = finetune(segmenting(store, tmp_path / "strict"))
    assert "best_validation_epoch" in strict.scores
    assert "validation videos" in strict.selection
    assert evaluate(tmp_path / "strict", split="validation", checkpoint="best")["n_scored"] >= 1
    none = finetune(segmenting(store, tmp_path / "none", validation_subjects=0))
    assert "best_validation_epoch" not in none.scores
    assert none.selection.startswith("nothing: no video validates")
    with pytest.raises(InputError, match=r"train\.validation_subjects"):
        evaluate(tmp_path / "none", split="validation")
