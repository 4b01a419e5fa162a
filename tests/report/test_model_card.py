import yaml

from pcv.config.recipe import build_recipe
from pcv.report.model_card import About, Edition, measured, model_card
from pcv.train.exported import ModelConfig, StorageConfig
from pcv.train.run import RunResult

RECIPE = build_recipe(
    {
        "stage": "finetune", "store": "a/place", "objective": {"name": "classify"},
        "data": {"scale": 3.5, "interval": 2, "points": 512, "centre": "clip"},
    },
    "test",
)  # fmt: skip
CONFIG = ModelConfig(
    pcv_version="9.9", task="classify", dataset="msr", class_names=("wave", "clap: twice"),
    axes="x right", storage=StorageConfig(points=2048, dtype="int16", step=0.5), recipe={},
)  # fmt: skip
ABOUT = About(
    "video-classification", "tells the class of a video", "logits (clips, {classes})",
    "pcv predict {name} RECORDINGS",
)  # fmt: skip
RESULT = RunResult(
    stage="finetune", recipe="mine", seed=3, dataset="msr", protocol="paper", init="a-run",
    steps=70, seconds=1.0, scores={"accuracy": 0.875, "best_test_epoch": 0.9}, n_scored=7,
    n_in_split=8, label_fraction=0.1, class_names=["wave", "clap: twice"],
)  # fmt: skip


def card(result=RESULT, checkpoint="last", config=CONFIG, **others) -> tuple[dict, str]:
    edition = Edition("m", "other", checkpoint, others.get("program", True))
    text = model_card(config, RECIPE, result, edition, ABOUT)
    _, head, body = text.split("---\n", 2)
    return yaml.safe_load(head), body


def test_the_front_matter_holds_what_the_run_measured_and_no_more() -> None:
    head, body = card()
    assert head["pipeline_tag"] == "video-classification"
    assert {"msr", "pstnet"} <= set(head["tags"])
    (metric,) = head["model-index"][0]["results"][0]["metrics"]
    assert (metric["type"], metric["value"]) == ("accuracy", 0.875)
    assert "87.50%" in body
    assert "7 of 8 test videos scored" in body
    assert "90.00%" not in body
    assert "10% of the labels" in body
    assert "a-run" not in body
    assert "a/place" not in body


def test_another_checkpoint_has_other_results() -> None:
    head, body = card(checkpoint="best")
    (metric,) = head["model-index"][0]["results"][0]["metrics"]
    assert (metric["type"], metric["value"]) == ("best_test_epoch", 0.9)
    assert "87.50%" not in body
    assert measured(RESULT, "best") == {"best_test_epoch": 0.9}
    none = RESULT.model_copy(update={"scores": {"accuracy": 0.875}})
    assert "measured no score of this checkpoint" in card(none, "best")[1]


def test_without_a_result_there_is_none() -> None:
    head, body = card(None)
    assert "model-index" not in head
    assert "Nothing was measured" in body
    training = RESULT.model_copy(update={"n_scored": None, "stage": "pretrain"})
    head, body = card(training)
    assert "model-index" not in head
    assert "last training value" in body
    assert "without labels" in body


def test_it_says_what_goes_in() -> None:
    body = card()[1]
    for said in (
        "24 per clip, one of every 2", "512 per frame", "metres times 3.5",
        "mean point of their clip",
        "x right", "steps of 0.5 m", "0. wave", "1. clap: twice", "(clips, 24, 512, 3)",
        "logits (clips, 2)", "model.pt2",
    ):  # fmt: skip
        assert said in body
    assert "model.pt2" not in card(program=False)[1]
    other = CONFIG.model_copy(update={"task": "encode", "class_names": ()})
    assert "## Classes" not in card(config=other)[1]


def test_what_goes_into_a_model_of_rooms() -> None:
    tree = {
        "stage": "finetune", "objective": {"name": "scene_instances"},
        "data": {"frames": 1, "points": 512, "colour": True},
        "encoder": {"name": "sparseunet", "inputs": ["colour"]},
    }  # fmt: skip
    config = CONFIG.model_copy(update={"task": "instances", "scenes": True})
    edition = Edition("m", "other", "last", False, "There is none.")
    about = About(
        "other", "tells every point of a room",
        "offsets (regions, 1, {points}, 3)", "pcv predict {name} ROOMS --out FOLDER",
    )  # fmt: skip
    text = model_card(config, build_recipe(tree, "test"), RESULT, edition, about)
    for said in (
        "SparseUNet that tells every point of a room", "ROOMS --out",
        "(regions, 1, 512, 6)", "offsets (regions, 1, 512, 3)", "512 points, all there are",
        "mean point of their room", "There is none.", "7 of 8 test rooms scored",
    ):  # fmt: skip
        assert said in text
    for never in ("point-cloud-video", "(clips", "per clip", "model.pt2", "unit normal"):
        assert never not in text
    assert "`pcv predict m ROOMS --out FOLDER`" in text


def test_few_shots_and_folds_are_named() -> None:
    body = card(RESULT.model_copy(update={"shots": 5}))[1]
    assert "5 labelled videos per class" in body
    head, body = card(RESULT.model_copy(update={"fold": 2}))
    assert head["model-index"][0]["results"][0]["dataset"]["split"] == "validation"
    assert "7 of 8 held-out (fold 2) videos scored" in body
    chosen = RESULT.model_copy(update={"selection": "8 test videos"})
    assert "chosen on 8 test videos" in card(chosen, "best")[1]
    assert "chosen on" not in card(chosen)[1]
