"""What is written of rooms is what scoring counts, and of raw rooms what their store is told."""

import json
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

from pcv.config.recipe import build_recipe
from pcv.data.convert import Storage
from pcv.data.files.labelled_ply import class_colours
from pcv.data.memory_store import INDEX, MemoryStore
from pcv.data.prepare import prepare
from pcv.data.raw.rgbd import RgbdScenes
from pcv.data.raw.s3dis import S3dis
from pcv.data.raw.scannet import ScanNet
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.store.store import Store, open_store
from pcv.errors import InputError
from pcv.evaluate.instances import Proposal
from pcv.evaluate.metrics import confusion_matrix
from pcv.stages.evaluate import evaluate
from pcv.stages.predict import Wanted, predict
from pcv.stages.prediction.inputs import Reading
from pcv.stages.prediction.room_labels import _Objects, label_room, room_data
from pcv.stages.pretrained import Pretrained, _build, from_pretrained
from pcv.stages.scoring.scores import Asked
from pcv.stages.tasks import TASKS
from pcv.synth.room_rays import CLASSES
from pcv.train.exported import ModelConfig, StorageConfig
from tests import rooms as posed
from tests.conftest import Trained
from tests.data.raw.test_s3dis import room as s3dis_room
from tests.stages.prediction.test_point_labels import load, place

FRAME = np.zeros(1, np.int64)


class Told(NamedTuple):
    """A run, and what it predicted of a store and of the raw rooms of it."""

    made: Trained
    out: Path
    rows: dict[str, dict[str, dict]]  # stored and raw, by name


@pytest.fixture(scope="module", params=["room_run", "object_run"])
def told(request, tmp_path_factory) -> Told:
    made, out = request.getfixturevalue(request.param), tmp_path_factory.mktemp("told")
    rows = {}
    for name, source in (("stored", made.store), ("raw", made.raw)):
        found = predict(made.run, [source], wanted=Wanted(out / name))
        rows[name] = {row["recording"]: row for row in found["recordings"]}
    return Told(made, out, rows)


def test_the_confusion_of_the_files_is_that_of_scoring(told: Told) -> None:
    result = json.loads((told.made.run / "result.json").read_text())
    store, classes = open_store(told.made.store), len(result["class_names"])
    counted = np.zeros((classes, classes), np.int64)
    for row in (1, 2):
        values = load(told.out / f"stored/{store.videos.name[row]}.ply")
        truth = store.read_column("labels", row, FRAME, len(values))[0]
        known = truth >= 0
        counted += confusion_matrix(truth[known], values["label"][known].astype(int), classes)
    assert counted.tolist() == result["confusion"]
    assert counted.tolist() == evaluate(told.made.run)["confusion"]


def test_a_raw_room_is_told_as_the_store_of_it_to_the_bit(told: Told) -> None:
    assert set(told.rows["raw"]) == set(told.rows["stored"])
    assert len(told.rows["raw"]) == 3  # also the room that a list keeps from training
    reader, model = ScanNet(told.made.raw), from_pretrained(told.made.run)
    for source in reader.list_videos(told.made.raw):
        stored, raw = (load(told.out / kind / f"{source.name}.ply") for kind in ("stored", "raw"))
        kept = MemoryStore(reader, source, storage_of(model))
        (order,) = kept.read_column(INDEX, 0, FRAME, len(raw))
        names = {"label", "score", "nearest", "red", *stored.dtype.names[9:]}
        for name in names:
            assert np.array_equal(raw[name][order], stored[name])
        assert np.abs(place(raw)[order] - place(stored)).max() <= 2**-12 + 1e-6
        rows = [told.rows[kind][source.name] for kind in ("stored", "raw")]
        for row in rows:
            del row["path"], row["format"], row["files"]
        assert rows[0].pop("score") == pytest.approx(rows[1].pop("score"))
        assert rows[0] == rows[1]


def storage_of(model: Pretrained) -> Storage:
    return Storage(**model.config.storage.model_dump())


def test_every_point_of_the_room_is_told_once_in_its_order(told: Told) -> None:
    reader = ScanNet(told.made.raw)
    for source in reader.list_videos(told.made.raw):
        values, row = load(told.out / f"raw/{source.name}.ply"), told.rows["raw"][source.name]
        assert np.array_equal(place(values), reader.read_video(source).frames[0])
        assert sum(row["points_a_class"].values()) == row["points"] == len(values)
        assert (values["nearest"] == 0).sum() == row["seen"] < row["points"]
        assert ((values["score"] > 1 / 20) & (values["score"] <= 1)).all()
        colours = np.stack([values[c] for c in ("red", "green", "blue")], 1)
        assert np.array_equal(colours, class_colours(20)[values["label"]])
        seen, unseen = values[values["nearest"] == 0], values[values["nearest"] == 1][::9]
        apart = np.linalg.norm(place(unseen)[:, None] - place(seen)[None], axis=2)
        clear = np.partition(apart, 1, 1)[:, 1] - apart.min(1) > 2**-10
        assert clear.mean() > 0.5
        for name in ("label", "score"):
            assert np.array_equal(unseen[name][clear], seen[name][apart.argmin(1)][clear])


def test_a_point_is_of_the_most_confident_object_that_holds_it(object_run, tmp_path: Path) -> None:
    found = predict(object_run.run, [object_run.store], wanted=Wanted(tmp_path / "out"))
    for row in found["recordings"]:
        values, objects = load(Path(row["files"])), row["objects"]
        scores = [each["score"] for each in objects]
        assert scores == sorted(scores, reverse=True)
        assert set(values["instance"]) <= {-1, *range(len(objects))}
        for number, each in enumerate(objects):
            mine = values[values["instance"] == number]
            assert each["points"] == len(mine) > 0
            assert {found_name(object_run.run, label) for label in mine["label"]} == {each["class"]}
        assert -1 in values["instance"]
    assert max(len(row["objects"]) for row in found["recordings"]) > 1


def test_of_two_objects_in_one_place_the_more_confident_has_the_points() -> None:
    masks = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]], bool)
    found = [Proposal(m, n, 0.9 - n / 10) for n, m in enumerate(masks)]
    objects = _Objects(found, np.array([0, 1, 2, 3, 2, 0]), ["a", "b", "c"])
    assert objects.number.tolist() == [0, 0, 1, -1, 1, 0]
    assert [tuple(row.values()) for row in objects.rows] == [("a", 0.9, 3), ("c", 0.7, 2)]


def found_name(run: Path, label: int) -> str:
    return json.loads((run / "result.json").read_text())["class_names"][label]


def test_the_encoder_is_shown_what_scoring_shows_it(room_run) -> None:
    model, store = from_pretrained(room_run.run), open_store(room_run.store)
    ours = SceneDataset(store, [1], room_data(model))
    theirs = SceneDataset(store, [1], model.recipe.data)
    assert len(ours) == len(theirs) > 1
    for item in range(len(ours)):
        for name in ("points", "label"):
            assert np.array_equal(getattr(ours[0, item], name), getattr(theirs[0, item], name))
        for name in ("colour", "normals", "index"):
            assert np.array_equal(ours[0, item].columns[name], theirs[0, item].columns[name])


def test_a_model_of_videos_labels_rooms_too(rooms: Store, monkeypatch) -> None:
    """Encoders of recordings also serve scenes, as in scoring; colours reach them."""
    data = {"frames": 1, "points": 256, "spacing": 0.4, "colour": True}
    encoder = {
        "name": "p4transformer", "form": "scene", "colour": True, "width": 1 / 32, "depth": 1,
        "heads": 2, "head_channels": 8, "mlp": 8, "neighbours": 4, "radius": 0.5,
    }  # fmt: skip
    tree = {"stage": "finetune", "data": data, "encoder": encoder, "objective": {"name": "segment"}}
    model = untrained(tree, rooms)
    scenes = np.arange(1)
    task, body = TASKS["points"], model.supervised
    clips = SceneDataset(rooms, scenes, room_data(model))
    ((_, seen),) = task.see(body, clips, model.recipe.eval)
    guess_as_it_is = body.guess

    def inverted(batch):
        return guess_as_it_is(batch._replace(point_colour=255 - batch.point_colour))

    with monkeypatch.context() as patch:
        patch.setattr(body, "guess", inverted)
        ((_, other),) = task.see(body, clips, model.recipe.eval)
    assert not np.array_equal(seen.share, other.share)
    guess = seen.label[clips.nearest_kept(0)]
    truth = rooms.read_column("labels", 0, FRAME, len(guess))[0]
    wanted = confusion_matrix(truth[truth >= 0], guess[truth >= 0], len(model.config.class_names))
    assert np.array_equal(task.score(body, Asked(rooms, scenes, model.recipe)).confusion, wanted)


def untrained(tree: dict, store: Store) -> Pretrained:
    """A model of random weights as a run on a store would hold it."""
    recipe, found = build_recipe(tree, "test"), store.attributes
    torch.manual_seed(0)
    held_out = {"held_out": found["views"]["held_out"]} if "views" in found else {}
    config = ModelConfig(
        pcv_version="0", task="segment", dataset=store.dataset, axes=found["axes"], scenes=True,
        class_names=tuple(store.point_class_names), recipe=tree, reader=found["reader"] | held_out,
        storage=StorageConfig(**{k: found[k] for k in StorageConfig.model_fields}),
    )  # fmt: skip
    body = _build("segment", recipe, len(config.class_names), store.path)
    return Pretrained(body, config, recipe, store.path).eval()


VOXELS = {
    "stage": "finetune",
    "data": {"frames": 1, "points": 100, "colour": True, "normals": True},
    "encoder": {"name": "sparseunet", "voxel": 0.3, "stem": 4, "channels": [4, 4],
                "blocks": [1, 1]},
    "objective": {"name": "scene_segment", "preserve_weight": 0.0},
}  # fmt: skip


@pytest.mark.parametrize("format", ["rgbd", "s3dis"])
def test_rooms_of_other_formats_are_told_as_the_store_of_them(format, tmp_path, monkeypatch):
    raw = tmp_path / "raw"
    if format == "rgbd":
        posed.seven_scenes(raw / "a", posed.frames(4), labels=True)
        names = "".join(f"{n} {name}\n" for n, name in enumerate(CLASSES, 1))
        (raw / "classes.txt").write_text(names)
        reader, name = RgbdScenes(raw, voxel=0.05, held_out=3), "a"
    else:
        s3dis_room(raw)
        reader, name = S3dis(), "Area_1/office_1"
    prepare(reader, raw, tmp_path / "store", points=1 << 20)
    store = open_store(tmp_path / "store")
    model = untrained(VOXELS, store)
    monkeypatch.setattr("pcv.stages.predict.from_pretrained", lambda *given, **named: model)
    for kind, source in (("stored", store.path), ("raw", raw), ("alone", raw / name)):
        found = predict(tmp_path, [source], wanted=Wanted(tmp_path / "told" / kind))
        assert found["inputs"][0]["format"] == ("store" if kind == "stored" else format)
    told = tmp_path / "told"
    stored, whole = (load(told / kind / f"{name}.ply") for kind in ("stored", "raw"))
    (alone,) = (told / "alone").rglob("*.ply")
    assert np.array_equal(load(alone), whole)
    (source,) = reader.list_videos(raw)
    kept = MemoryStore(reader, source, storage_of(model))
    (order,) = kept.read_column(INDEX, 0, FRAME, len(whole))
    for field in ("label", "score", "nearest"):
        assert np.array_equal(whole[field][order], stored[field])


def test_labels_of_a_raw_room_are_not_looked_at(room_run, tmp_path: Path) -> None:
    name = "scene0001_00"
    place = tmp_path / "raw" / name
    place.mkdir(parents=True)
    for file in (room_run.raw / "scans" / name).iterdir():
        text = file.read_bytes() if file.name.endswith("_vh_clean_2.ply") else b"broken"
        (place / file.name).write_bytes(text)
    given = [place, place / f"{name}_vh_clean_2.ply"]
    files = [tmp_path / f"{number}/{name}.ply" for number in range(3)]
    for source, file in zip((room_run.raw, *given), files, strict=True):
        predict(room_run.run, [source], wanted=Wanted(file.parent))
    assert files[0].read_bytes() == files[1].read_bytes() == files[2].read_bytes()
    with pytest.raises(InputError, match="give the folder that holds"):
        predict(room_run.run, [place / f"{name}.aggregation.json"], wanted=Wanted(tmp_path / "4"))


def cloud(room_run, points: slice = slice(None)) -> np.ndarray:
    """A room as x y z r g b, z up."""
    reader = ScanNet(room_run.raw)
    video = reader.read_video(reader.list_videos(room_run.raw)[0])
    upright = video.frames[0][:, [0, 2, 1]] * [1, 1, -1]
    return np.hstack([upright, video.columns["colour"][0]])[points]


def test_a_cloud_file_is_a_room(room_run, tmp_path: Path) -> None:
    table = cloud(room_run)
    (tmp_path / "mine/ground").mkdir(parents=True)
    np.save(tmp_path / "mine/ground/office.npy", table)
    np.save(tmp_path / "mine/hall.npy", table[:, [0, 2, 1, 3, 4, 5]] * [1, 1, -1, 1, 1, 1])
    alone = predict(
        room_run.run, [tmp_path / "mine/ground/office.npy"], wanted=Wanted(tmp_path / "0")
    )
    assert [row["recording"] for row in alone["recordings"]] == ["office"]
    both = predict(room_run.run, [tmp_path / "mine"], wanted=Wanted(tmp_path / "1"))
    assert [row["recording"] for row in both["recordings"]] == ["ground/office", "hall"]
    office, again, hall = (
        load(tmp_path / name) for name in ("0/office.ply", "1/ground/office.ply", "1/hall.ply")
    )
    assert np.array_equal(office, again)
    assert np.array_equal(place(office), (table[:, [0, 2, 1]] * [1, -1, 1]).astype(np.float32))
    assert not np.array_equal(office["score"], hall["score"])  # it lies on its side
    upright = Reading(options=("up=y",))
    predict(
        room_run.run, [tmp_path / "mine/hall.npy"], wanted=Wanted(tmp_path / "2"), reading=upright
    )
    assert np.array_equal(load(tmp_path / "2/hall.ply"), office)


@pytest.mark.real
def test_real_rooms_are_told_as_the_store_of_them(tmp_path: Path) -> None:
    data = os.environ.get("PCV_DATA")
    if not data:
        pytest.skip("PCV_DATA does not name a folder of real recordings")
    (tmp_path / "raw").mkdir()
    for file in (Path(data) / "scannet").glob("scene000[1-3]_00_*.npy"):
        (tmp_path / "raw" / file.name).symlink_to(file)
    reader = ScanNet(tmp_path / "raw")
    prepare(reader, tmp_path / "raw", tmp_path / "store", points=1 << 20)
    store, serial = open_store(tmp_path / "store"), ["xyz", "colour", "normal"]
    tree = {
        "stage": "finetune", "objective": {"name": "scene_segment"},
        "data": {"frames": 1, "points": 512, "spacing": 0.15, "colour": True, "normals": True},
        "encoder": {"name": "serial", "inputs": serial, "channels": 16, "depth": 1, "heads": 2,
                    "key_channels": 4, "value_channels": 4, "mlp": 16},
    }  # fmt: skip
    model = untrained(tree, store)
    bare = ScanNet(tmp_path / "raw", labelled=False)
    for row, source in enumerate(reader.list_videos(tmp_path / "raw")):
        kept = MemoryStore(bare, source, storage_of(model), keep=model.columns)
        for name, held in (("stored", (store, row)), ("raw", (kept, 0))):
            path = tmp_path / f"{name}.ply"
            label_room(model, *held, path, lambda done, count: None, see=TASKS["rooms"].see)
        stored, raw = (load(tmp_path / f"{name}.ply") for name in ("stored", "raw"))
        (order,) = kept.read_column(INDEX, 0, FRAME, len(raw))
        for field in ("label", "score", "nearest"):
            assert np.array_equal(raw[field][order], stored[field])
