import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from pcv.config.recipe import build_recipe
from pcv.errors import InputError, PcvError
from pcv.stages import export as stage
from pcv.stages.export import Export, export, write_program
from pcv.stages.job import Job
from pcv.stages.predict import Wanted, predict
from pcv.stages.pretrained import Pretrained, _build, from_pretrained
from pcv.stages.training import finetune, pretrain
from pcv.train.exported import ModelConfig
from tests.stages.scene_jobs import finetuning, pretraining

SMALL = {
    "channels": 16, "autoregressor_depth": 1, "autoregressor_heads": 2, "bank_size": 8,
    "autoregressor_head_channels": 8, "autoregressor_mlp": 16, "predictor_hidden": [16, 16],
    "prototypes": 2,
}  # fmt: skip
P4 = {
    "name": "p4transformer",
    "width": 1 / 32,
    "depth": 1,
    "heads": 2,
    "head_channels": 8,
    "mlp": 8,
}
PST, SCENE = {"width": 0.05, "radius": 0.3}, P4 | {"form": "scene", "neighbours": 4}
LONG = pytest.mark.slow


@pytest.mark.parametrize(
    ("task", "encoder", "objective", "frames", "points"),
    [
        ("encode", P4, {"name": "classify", "segment_frames": 8}, 8, 64),
        pytest.param("segment", SCENE, {"name": "segment"}, 3, 256, marks=LONG),
        pytest.param("segment", PST, {"name": "segment"}, 4, 64, marks=LONG),
        pytest.param(
            "classify", PST | {"combine": "addition", "pool": "max", "anchors": "fps"},
            {"name": "classify", "segment_frames": 0}, 8, 64, marks=LONG,
        ),
    ],
)  # fmt: skip
def test_every_encoder_is_traced_for_any_number_of_clips(
    task, encoder, objective, frames, points, tmp_path: Path
) -> None:
    data = {"frames": frames, "points": points}
    tree = {"stage": "finetune", "data": data, "encoder": encoder, "objective": objective}
    recipe, names = build_recipe(tree, task), ("a", "b")
    config = ModelConfig(pcv_version="0", task=task, dataset="d", class_names=names, recipe=tree)
    model = Pretrained(_build(task, recipe, 2, tmp_path), config, recipe, tmp_path).eval()
    write_program(model, tmp_path / "model.pt2")
    loaded = torch.export.load(tmp_path / "model.pt2").module()
    clips = torch.rand(5, frames, points, 3)
    with torch.no_grad():
        ours, theirs = model(clips), loaded(clips)
    pairs = zip(ours, theirs, strict=True)  # of tensors, or of clips
    assert all(torch.equal(one, two) for one, two in pairs)


@pytest.fixture(scope="module")
def exported(classified, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "models" / "mine"
    written = export(classified.run, out, Export(licence="cc-by-4.0"))
    result = json.loads((classified.run / "result.json").read_text())
    assert written["scores"] == result["scores"]
    assert written["files"] == {p.name: p.stat().st_size for p in out.iterdir()}
    return out


def test_the_folder_is_whole_and_says_what_was_measured(classified, exported: Path) -> None:
    names = {"README.md", "config.json", "model.pt2", "model.safetensors"}
    assert {p.name for p in exported.iterdir()} == names
    assert [p.name for p in exported.parent.iterdir()] == ["mine"]
    result = json.loads((classified.run / "result.json").read_text())
    card = (exported / "README.md").read_text()
    head = yaml.safe_load(card.split("---\n")[1])
    assert (head["license"], head["library_name"]) == ("cc-by-4.0", "pcv")
    metrics = head["model-index"][0]["results"][0]["metrics"]
    assert {m["type"]: m["value"] for m in metrics} == result["scores"]
    everything = card + (exported / "config.json").read_text()
    assert str(classified.store) not in everything
    assert str(exported.parent) not in everything


def test_a_program_needs_no_more_than_the_operators(exported: Path, tmp_path: Path) -> None:
    points = torch.rand(3, 8, 32, 3, generator=torch.Generator().manual_seed(1))
    torch.save(points, tmp_path / "x")
    code = (
        "import sys, torch, pcv.ops;"
        f"program = torch.export.load({str(exported / 'model.pt2')!r}).module();"
        f"found = program(torch.load({str(tmp_path / 'x')!r}));"
        f"torch.save(found.detach(), {str(tmp_path / 'y')!r});"
        "print('pcv.encoders' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    with torch.no_grad():
        assert torch.equal(torch.load(tmp_path / "y"), from_pretrained(exported)(points))


@pytest.fixture(scope="module")
def encoder(classified, tmp_path_factory) -> Path:
    """A pretrained run on the store of the classified one, and its export beside it."""
    place = tmp_path_factory.mktemp("encoder")
    tree = {
        "stage": "pretrain",
        "data": {"frames": 8, "points": 32, "epoch": "videos"},
        "encoder": {"width": 0.05, "radius": 0.3},
        "objective": {"name": "pointcpsc"} | SMALL,
        "train": {"epochs": 1, "steps": 2, "batch": 2},
    }
    pretrain(Job(build_recipe(tree, "p"), "p", classified.store, place / "run"))
    export(place / "run", place / "model", Export(program=False))
    return place


def test_of_pretraining_the_encoder_alone_is_exported(encoder: Path) -> None:
    run, model = from_pretrained(encoder / "run"), from_pretrained(encoder / "model")
    assert (model.config.task, model.config.class_names, model.frames) == ("encode", (), 4)
    points = torch.rand(2, 4, 32, 3)
    with torch.no_grad():
        ours, theirs = run(points), model(points)
    assert torch.equal(ours.feature, theirs.feature)
    assert torch.equal(ours.position, theirs.position)


def test_finetuning_starts_from_an_export_as_from_its_run(encoder, classified, tmp_path) -> None:
    recipe = from_pretrained(classified.run).recipe
    started = []
    for name in ("run", "model"):
        out = tmp_path / name
        finetune(Job(recipe, "f", classified.store, out, encoder / name))
        started.append(from_pretrained(out).weights())
    assert started[0].keys() == started[1].keys()
    assert all(torch.equal(value, started[1][name]) for name, value in started[0].items())
    plain = from_pretrained(classified.run).weights()
    assert not torch.equal(
        plain["encoder.layers.0.displacement"], started[0]["encoder.layers.0.displacement"]
    )


@pytest.fixture(scope="module")
def roomed(room_run, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("rooms") / "mine"
    written = export(room_run.run, out)
    assert written["no_program"] == stage.UNTRACED
    assert set(written["files"]) == {"README.md", "config.json", "model.safetensors"}
    return out


def test_a_model_of_rooms_has_no_program_and_says_why(roomed: Path, object_run, tmp_path) -> None:
    card = (roomed / "README.md").read_text()
    assert card.count("There is no `model.pt2`: torch.export cannot trace this encoder") == 1
    for said in ("every point of a room", "pcv predict mine ROOMS --out FOLDER", "rooms scored",
                 "(regions, 1, 400, 9)", "400 points, 0.2 m apart", "mean point of their region",
                 "from 0 to 1", "unit normal", "point-cloud-scene"):  # fmt: skip
        assert said in card
    export(object_run.run, tmp_path / "m")
    card = (tmp_path / "m/README.md").read_text()
    for said in ("the object of every point", "offsets (regions, 1, 5000, 3)", "all there are"):
        assert (said in card) == (said != "all there are")
    assert "There is no `model.pt2`" in card
    silent = export(object_run.run, tmp_path / "n", Export(program=False))
    assert "no_program" not in silent


def test_encoders_of_rooms_cannot_be_traced(room_run, object_run, tmp_path: Path) -> None:
    """Where this fails, ``traceable`` and what the card says are to be changed."""
    for made in (room_run, object_run):
        with pytest.raises(PcvError, match="cannot be traced"):
            write_program(from_pretrained(made.run), tmp_path / "model.pt2")


def test_an_export_of_rooms_predicts_and_starts_as_its_run(room_run, roomed, tmp_path) -> None:
    found = []
    for name, model in (("run", room_run.run), ("model", roomed)):
        predict(model, [room_run.store], wanted=Wanted(tmp_path / name))
        recipe, out = from_pretrained(model).recipe, tmp_path / "again" / name
        finetune(Job(recipe, "f", room_run.store, out, model))
        found.append(from_pretrained(out).weights())
    for file in (tmp_path / "run").iterdir():
        assert file.read_bytes() == (tmp_path / "model" / file.name).read_bytes()
    assert found[0].keys() == found[1].keys()
    assert all(torch.equal(value, found[1][name]) for name, value in found[0].items())
    start = from_pretrained(room_run.run).weights()
    assert not torch.equal(start["encoder.norm.weight"], found[0]["encoder.norm.weight"])


def test_of_pretraining_on_rooms_the_encoder_alone_is_exported(rooms, tmp_path: Path) -> None:
    pretrain(pretraining(rooms, tmp_path / "run"))
    written = export(tmp_path / "run", tmp_path / "model")
    assert written["task"] == "encode"
    run, model = from_pretrained(tmp_path / "run"), from_pretrained(tmp_path / "model")
    points = torch.rand(2, 1, 512, 9)
    with torch.no_grad():
        ours, theirs = run(points), model(points)
    assert torch.equal(ours.feature, theirs.feature)
    assert (ours.feature.shape, ours.position.shape) == ((2, 1, 512, 16), (2, 1, 512, 3))
    assert "without labels" in (tmp_path / "model/README.md").read_text()
    finetune(finetuning(rooms, tmp_path / "tuned", tmp_path / "model"))
    with pytest.raises(InputError, match="only pretrained"):
        predict(tmp_path / "model", [rooms.path], wanted=Wanted(tmp_path / "out"))


def test_what_cannot_be_exported_is_one_line(classified, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with pytest.raises(InputError, match="not empty"):
        export(classified.run, tmp_path / "full")
    with pytest.raises(InputError, match="neither a run folder"):
        export(tmp_path / "full", tmp_path / "out")
    export(classified.run, tmp_path / "m", Export(program=False))
    with pytest.raises(InputError, match="already an exported folder"):
        export(tmp_path / "m", tmp_path / "out")
    with pytest.raises(PcvError, match="cannot be written"):
        export(classified.run, tmp_path / "full/file/out")
    run = tmp_path / "moved"
    run.mkdir()
    for each in classified.run.iterdir():
        (run / each.name).symlink_to(each)
    text = (run / "inputs.json").read_text().replace(str(classified.store), "gone")
    (run / "inputs.json").unlink()
    (run / "inputs.json").write_text(text)
    with pytest.raises(InputError, match="give --store DIR"):
        export(run, tmp_path / "out")

    def broken(*arguments: object, **named: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(stage.torch.export, "export", broken)
    with pytest.raises(PcvError, match="--no-program"):
        export(classified.run, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full", "m", "moved"]
    (tmp_path / "out").mkdir()  # an empty one will do
    export(classified.run, tmp_path / "out", Export(program=False))
    assert (tmp_path / "out/config.json").exists()


def test_a_program_that_differs_is_refused(classified, exported, tmp_path, monkeypatch) -> None:
    inner = torch.export.load(exported / "model.pt2").module()
    ours, theirs = stage.torch.export, type("Other", (), {})
    theirs.module = lambda self: lambda points: inner(points) + 1e-6
    monkeypatch.setattr(ours, "export", lambda *arguments, **named: None)
    monkeypatch.setattr(ours, "save", lambda traced, path: None)
    monkeypatch.setattr(ours, "load", lambda path: theirs())
    with pytest.raises(PcvError, match="returns something else"):
        write_program(from_pretrained(classified.run), tmp_path / "model.pt2")
