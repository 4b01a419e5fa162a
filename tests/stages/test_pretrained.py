import json
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import pcv
from pcv.config.recipe import Recipe, dump_recipe
from pcv.data.dataset import collate
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.store.store import open_store
from pcv.errors import CheckpointError, InputError
from pcv.stages.export import Export, export
from pcv.stages.pretrained import from_pretrained


@pytest.fixture(scope="module")
def exported(classified, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "model"
    export(classified.run, out, Export(program=False))
    return out


def test_a_run_and_its_export_are_the_same_model(classified, segmented, exported: Path) -> None:
    state = torch.get_rng_state()
    run, model = pcv.from_pretrained(str(classified.run)), pcv.from_pretrained(exported)
    assert torch.equal(torch.get_rng_state(), state)
    assert model.config == run.config
    assert model.recipe == run.recipe
    assert not model.training
    assert (model.frames, len(model.config.class_names), model.config.dataset) == (8, 20, "msr")
    points = torch.rand(2, 8, 32, 3)
    with torch.no_grad():
        assert torch.equal(model(points), run(points))
        assert model(points).shape == (2, 20)
        assert pcv.from_pretrained(segmented.run)(torch.rand(1, 4, 128, 3)).shape == (1, 4, 128, 19)


def test_a_run_whose_store_is_gone_is_loaded_from_its_result(classified, tmp_path: Path) -> None:
    run = shutil.copytree(classified.run, tmp_path / "run")
    text = (run / "inputs.json").read_text().replace(str(classified.store), str(tmp_path / "gone"))
    (run / "inputs.json").write_text(text)
    model = from_pretrained(run)
    assert model.config.storage is None
    assert len(model.config.class_names) == 20
    assert from_pretrained(run, store=classified.store).config.storage is not None
    (run / "result.json").unlink()
    with pytest.raises(InputError, match="give --store DIR"):
        from_pretrained(run)


def test_a_store_of_other_classes_is_refused(classified, segmented) -> None:
    with pytest.raises(InputError, match="its classes are not those"):
        from_pretrained(classified.run, store=segmented.store)


def test_folders_of_another_kind_are_one_line(classified, exported, tmp_path: Path) -> None:
    for others in ({"checkpoint": "best"}, {"store": classified.store}):
        with pytest.raises(InputError, match="are for run folders"):
            from_pretrained(exported, **others)
    with pytest.raises(InputError, match="neither a run folder"):
        pcv.from_pretrained(tmp_path / "none")
    with pytest.raises(InputError, match="choose last or best"):
        from_pretrained(classified.run, checkpoint="first")
    (tmp_path / "recipe.yaml").write_text(dump_recipe(Recipe(stage="probe")))
    with pytest.raises(InputError, match="a run of pcv probe"):
        from_pretrained(tmp_path)


class Boom:
    def __reduce__(self) -> tuple:
        return Path.touch, (Path("boom"),)


def changed(exported: Path, out: Path, change) -> Path:
    shutil.copytree(exported, out)
    change(out)
    return out


def config(**values):
    def change(folder: Path) -> None:
        tree = json.loads((folder / "config.json").read_text())
        for path, value in values.items():
            *parents, leaf = path.split("__")
            node = tree
            for key in parents:
                node = node[key]
            node[leaf] = value
        (folder / "config.json").write_text(json.dumps(tree))

    return change


def weights(change):
    def apply(folder: Path) -> None:
        found = load_file(folder / "model.safetensors")
        save_file(change(found), folder / "model.safetensors")

    return apply


def cut(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-9])


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps(Boom()))


def text(value: bytes):
    return lambda folder: (folder / "config.json").write_bytes(value)


HOSTILE = {
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "model.safetensors: damaged or"),
    "no config": (lambda f: (f / "config.json").unlink(), "config.json: No such file"),
    "cut": (cut, "model.safetensors: damaged"),
    "pickled": (pickled, "model.safetensors: damaged"),
    "folder": (lambda f: ((f / "config.json").unlink(), (f / "config.json").mkdir()), "json"),
    "not json": (text(b"\xff\xfe{"), "config.json: damaged"),
    "deep": (text(b"[" * 100_000), "config.json: damaged"),
    "huge": (text(b" " * (1 << 25)), "is no configuration"),
    "unknown key": (config(backdoor=1), "unknown key backdoor"),
    "unknown recipe key": (config(recipe__encoder__widht=2), "unknown key encoder.widht"),
    "other model": (config(model_type="bert"), "model_type"),
    "later format": (config(format=2), "format"),
    "wrong task": (config(task="segment"), "task segment, but its recipe trains classify"),
    "width": (config(recipe__encoder__width=1e15), "encoder.width: .* less than or equal to 64"),
    "widest": (config(recipe__encoder__width=64.0), "of another model|no model can be built"),
    "wide": (config(recipe__encoder__width=0.1), "of another model"),
    "classes": (config(class_names=["one"]), "of another model: head"),
    "nan": (weights(lambda w: w | {"head.0.bias": torch.full((8,), torch.nan)}), "not finite"),
    "half": (weights(lambda w: w | {"head.0.bias": w["head.0.bias"].half()}), "torch.float16"),
    "extra": (weights(lambda w: w | {"more": torch.zeros(1)}), "of another model: more"),
    "missing": (weights(lambda w: {k: w[k] for k in list(w)[1:]}), "of another model"),
    "depth": (
        config(recipe__encoder={"name": "p4transformer", "depth": 256}),
        "the config needs at least 256",
    ),
    "deeper": (
        config(recipe__encoder={"name": "p4transformer", "depth": 10**12}),
        "encoder.depth: .* less than or equal to 256",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_folder_is_one_line(name: str, exported: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    change, said = HOSTILE[name]
    folder = changed(exported, tmp_path / "m", change)
    with pytest.raises(InputError, match=said) as caught:
        pcv.from_pretrained(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)
    assert not (tmp_path / "boom").exists()


def test_a_run_on_rooms_and_its_export_are_the_same_model(room_run, object_run, tmp_path) -> None:
    for made, values in ((room_run, 9), (object_run, 6)):
        export(made.run, tmp_path / made.run.parent.name, Export(program=False))
        run, model = from_pretrained(made.run), from_pretrained(tmp_path / made.run.parent.name)
        assert model.config == run.config
        assert model.config.scenes
        assert not [name for name in model.weights() if "teacher" in name or "drift" in name]
        points = torch.rand(2, 1, model.recipe.data.points, values)
        with torch.no_grad():
            ours, theirs = run(points), model(points)
        pairs = [(ours, theirs)] if values == 9 else zip(ours, theirs, strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)
        with pytest.raises(ValueError, match=f"expected .*{values}"):
            model(points[..., :3])
    assert ours[0].shape == (*points.shape[:3], 20)
    assert ours[1].shape == (*points.shape[:3], 3)


def test_the_model_is_shown_in_a_tensor_what_scoring_shows_it(room_run) -> None:
    model, store = from_pretrained(room_run.run), open_store(room_run.store)
    clips = SceneDataset(store, [1], model.recipe.data)
    for item in range(len(clips)):
        batch = collate([clips[0, item]])
        values = [batch.points, batch.point_colour / 255, batch.point_normal]
        with torch.no_grad():
            assert torch.equal(model(torch.cat(values, -1)), model.body.guess(batch).scores)


ROOM_FOLDERS = {
    "recordings": (config(scenes=False), "cannot read recordings"),
    "depth": (config(recipe__encoder__depth=256), "the config needs at least 2.."),
    "stem": (config(recipe__encoder__stem_blocks=256), "the config needs at least 2.."),
    "deeper": (config(recipe__encoder__depth=10**12), "encoder.depth: .* less than or equal"),
    "more": (config(recipe__encoder__stem_blocks=10**12), "stem_blocks: .* less than or equal"),
    "wide": (config(recipe__encoder__mlp=32), "of another model"),
    "task": (config(task="instances"), "task instances, but its recipe trains segment"),
    "classes": (config(class_names=["one"]), "of another model: head"),
    "weights": (config(recipe__objective__class_weights=[1.0]), "1 weights, but the store has 20"),
}


@pytest.mark.parametrize("name", ROOM_FOLDERS)
def test_a_hostile_folder_of_rooms_is_one_line(name: str, room_run, tmp_path: Path) -> None:
    export(room_run.run, tmp_path / "m", Export(program=False))
    change, said = ROOM_FOLDERS[name]
    change(tmp_path / "m")
    with pytest.raises(InputError, match=said) as caught:
        pcv.from_pretrained(tmp_path / "m")
    assert "\n" not in str(caught.value)


def test_a_run_on_rooms_whose_store_is_gone_knows_what_it_reads(room_run, tmp_path: Path) -> None:
    run = shutil.copytree(room_run.run, tmp_path / "run")
    text = (run / "inputs.json").read_text().replace(str(room_run.store), str(tmp_path / "gone"))
    (run / "inputs.json").write_text(text)
    model = from_pretrained(run)
    assert (model.config.scenes, model.config.storage) == (True, None)
    assert from_pretrained(run, store=room_run.store).config == from_pretrained(room_run.run).config


def test_a_task_that_needs_pretraining_only_is_refused(exported: Path, tmp_path: Path) -> None:
    tree = json.loads((exported / "config.json").read_text())["recipe"]
    stage = {"recipe__stage": "pretrain", "recipe__objective": {"name": "pointcpsc"}}
    folder = changed(exported, tmp_path / "m", config(**stage))
    assert tree["stage"] == "finetune"
    with pytest.raises(CheckpointError, match="for pretraining"):
        pcv.from_pretrained(folder)
