from pathlib import Path

import numpy as np
import pytest
import torch

from pcv.config.recipe import build_recipe
from pcv.data.memory_store import MemoryStore
from pcv.data.store.store import Store
from pcv.errors import InputError
from pcv.stages.prediction.inputs import Reading, find_recordings
from pcv.stages.prediction.point_labels import label_recording
from pcv.stages.pretrained import Pretrained, _build, from_pretrained
from pcv.train.exported import StorageConfig
from tests.packages import WALKS, install, walks


@pytest.fixture(scope="module")
def model(classified) -> Pretrained:
    return from_pretrained(classified.run)


def test_recordings_are_read_as_the_store_of_the_model_was(model, classified) -> None:
    found = find_recordings(model, [classified.raw, classified.store], Reading())
    assert [row["format"] for row in found.told] == ["msr", "store"]
    raw, stored = (found.recordings[at].open() for at in (3, 15))
    assert isinstance(raw[0], MemoryStore)
    assert (raw[0].points, raw[0].step) == (32, 2**-8)  # what a clip takes of the store's 64
    assert isinstance(stored[0], Store)
    assert (stored[1], found.recordings[15].name) == (3, raw[0].videos.name[0])
    rows = np.arange(5)
    assert np.array_equal(raw[0].read(0, rows, 32), stored[0].read(3, rows, 32))


def test_recordings_of_another_format_are_not_rounded(model, tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(0, 99, (40, 3)).astype(np.float32)
    np.save(tmp_path / "0.npy", points)
    (recording,) = find_recordings(model, [tmp_path / "0.npy"], Reading()).recordings
    store, row = recording.open()
    assert store.step is None
    found = store.read(row, np.zeros(1, np.int64), 32)[0] + store.videos.origin[row]
    assert np.abs(found[:, None] - points[None]).max(2).min(1).max() < 1e-5


def test_the_folder_one_stands_in_can_be_given(model, classified, monkeypatch) -> None:
    monkeypatch.chdir(classified.raw)
    assert len(find_recordings(model, [Path()], Reading()).recordings) == 12


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (Reading("pdf"), "--format pdf: choose"),
        (Reading("ntu"), "expected names such as"),
        (Reading(None, ("focal",)), "expected KEY=VALUE"),
        (Reading(None, ("fokal=1",)), "msr has focal"),
    ],
)
def test_a_mistake_is_one_line(reading: Reading, said: str, model, classified) -> None:
    with pytest.raises(InputError, match=said):
        find_recordings(model, [classified.raw], reading)


def test_a_store_takes_no_options_and_a_model_needs_one(model, classified, tmp_path) -> None:
    with pytest.raises(InputError, match="is a store, read already"):
        find_recordings(model, [classified.store], Reading(options=("unit=1",)))
    config = model.config.model_copy(update={"storage": None})
    blind = Pretrained(model.body, config, model.recipe, tmp_path)
    assert len(find_recordings(blind, [classified.store], Reading()).recordings) == 12
    with pytest.raises(InputError, match="give --store DIR"):
        find_recordings(blind, [classified.raw], Reading())


def test_recordings_with_the_same_option_are_read_otherwise(model, classified) -> None:
    plain, other = (
        find_recordings(model, [classified.raw], Reading(options=options)).recordings[0].open()[0]
        for options in ((), ("unit=0.0005",))
    )
    rows = np.zeros(1, np.int64)
    assert not np.array_equal(plain.read(0, rows, 32), other.read(0, rows, 32))


def test_a_model_that_reads_colours_is_given_them(model, classified, tmp_path: Path) -> None:
    encoder = {
        "name": "p4transformer", "form": "scene", "colour": True, "width": 1 / 8, "depth": 1,
        "heads": 2, "head_channels": 8, "mlp": 8, "neighbours": 4, "radius": 0.5,
    }  # fmt: skip
    tree = {
        "stage": "finetune", "encoder": encoder, "objective": {"name": "segment"},
        "data": {"frames": 3, "points": 256, "colour": True},
    }  # fmt: skip
    recipe, names = build_recipe(tree, "test"), ("a", "b")
    storage = StorageConfig(points=256, dtype="int16", step=2**-8)
    config = model.config.model_copy(
        update={"task": "segment", "class_names": names, "storage": storage, "dataset": "folder"}
    )
    torch.manual_seed(0)
    body = _build("segment", recipe, 2, tmp_path)
    painter = Pretrained(body, config, recipe, tmp_path).eval()
    for given in (classified.raw, classified.store):
        with pytest.raises(InputError, match="colour"):
            [each.open() for each in find_recordings(painter, [given], Reading()).recordings]
    rng = np.random.default_rng(0)
    points, colours = rng.normal(size=(300, 3)), rng.integers(0, 256, (2, 300, 3))
    scores = []
    for number, colour in enumerate(colours):
        place = tmp_path / f"{number}.npy"
        np.save(place, np.concatenate([points, colour], 1))
        (recording,) = find_recordings(painter, [place], Reading()).recordings
        store, row = recording.open()
        out = tmp_path / f"out{number}"
        scores.append(label_recording(painter, store, row, out, lambda done, count: None)["score"])
    assert scores[0] != scores[1]


def test_scenes_are_refused_by_a_model_of_recordings(model, rooms, rooms_raw: Path) -> None:
    for given in (rooms.path, rooms_raw):
        with pytest.raises(InputError, match="scenes"):
            find_recordings(model, [given], Reading())


def test_recordings_of_another_package_are_read_with_its_options(
    model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = {"walks": "walks_reader:Walks"}
    install(tmp_path / "package", monkeypatch, "pcv-walks", "walks_reader", WALKS, entries)
    raw = walks(tmp_path / "raw")
    found = find_recordings(model, [raw], Reading(options=("unit=2",)))
    assert found.told == [{"path": str(raw), "format": "walks", "why": "for walk1.walk"}]
    assert [recording.name for recording in found.recordings] == ["walk1", "walk2"]
    store, _ = found.recordings[1].open()
    assert (store.dataset, store.video.frames[2][4].tolist()) == ("walks", [8.0, 4.0, 2.0])
    with pytest.raises(InputError, match="--read test: walks has unit, up_side_down"):
        find_recordings(model, [raw], Reading("walks", ("test=1",)))
