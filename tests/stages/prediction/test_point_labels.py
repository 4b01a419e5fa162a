from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pcv.data.files.labelled_ply import class_colours
from pcv.data.files.ply import _header
from pcv.data.memory_store import MemoryStore
from pcv.data.raw.kitti import SemanticKitti
from pcv.data.store.store import open_store
from pcv.data.windows import clip_frames
from pcv.errors import RawFileError
from pcv.stages.evaluate import evaluate
from pcv.stages.predict import Wanted, predict
from pcv.stages.prediction import point_labels
from pcv.stages.prediction.point_labels import cover_all, label_recording
from pcv.stages.pretrained import from_pretrained


def load(path: Path) -> np.ndarray:
    data = path.read_bytes()
    header = _header(data)
    return np.frombuffer(data[header.start :], header.dtype)


def place(values: np.ndarray) -> np.ndarray:
    return np.stack([values[axis] for axis in "xyz"], 1)


@given(st.integers(1, 40), st.integers(1, 6), st.integers(1, 5))
def test_every_frame_is_labelled_once(length: int, frames: int, interval: int) -> None:
    starts, fresh = cover_all(length, frames, interval)
    held = [clip_frames(int(start), frames, interval, length) for start in starts]
    counted = np.concatenate([row[new] for row, new in zip(held, fresh, strict=True)])
    assert sorted(counted.tolist()) == list(range(length))


@pytest.fixture(scope="module")
def labelled(segmented, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("labelled")
    for name, source in (("raw", segmented.raw), ("store", segmented.store)):
        predict(segmented.run, [source], wanted=Wanted(out / name))
    return out


def test_every_point_of_the_recording_is_labelled_once(segmented, labelled: Path) -> None:
    reader = SemanticKitti()
    names = reader.class_names
    for source in reader.list_videos(segmented.raw):
        files = sorted((labelled / "raw" / source.name).iterdir())
        video = reader.read_video(source)
        assert [file.name for file in files] == [f"{f:06d}.ply" for f in range(5)]
        for file, points in zip(files, video.frames, strict=True):
            values = load(file)
            assert np.array_equal(place(values), points)
            assert values["label"].max() < len(names)
            assert ((values["score"] > 1 / len(names)) & (values["score"] <= 1)).all()
            colours = np.stack([values[c] for c in ("red", "green", "blue")], 1)
            assert np.array_equal(colours, class_colours(len(names))[values["label"]])


def test_points_that_the_network_saw_are_told_as_in_the_store_to_the_bit(labelled: Path) -> None:
    for stored in sorted((labelled / "store").rglob("*.ply")):
        raw = load(labelled / "raw" / stored.relative_to(labelled / "store"))
        values, seen = load(stored), raw[raw["nearest"] == 0]
        assert len(values) == len(seen) == 128
        assert not values["nearest"].any()
        order = [np.lexsort(np.round(place(v) * 256).astype(int).T) for v in (values, seen)]
        for name in ("label", "score"):
            assert np.array_equal(values[name][order[0]], seen[name][order[1]])
        assert np.abs(place(values)[order[0]] - place(seen)[order[1]]).max() <= 2**-9


def test_points_beyond_take_the_class_of_the_nearest_that_was_seen(labelled: Path) -> None:
    values = load(labelled / "raw/00/000002.ply")
    seen, unseen = (values[values["nearest"] == kind] for kind in (0, 1))
    assert len(unseen) > len(seen)
    apart = np.linalg.norm(place(unseen)[:, None] - place(seen)[None], axis=2)
    near = apart.argmin(1)
    clear = np.partition(apart, 1, 1)[:, 1] - apart.min(1) > 1e-4
    assert clear.mean() > 0.9
    for name in ("label", "score"):
        assert np.array_equal(unseen[name][clear], seen[name][near][clear])


def test_labels_are_those_that_scoring_counts(segmented, labelled: Path) -> None:
    scored = evaluate(segmented.run, split="train")
    store = open_store(segmented.store)
    counts = np.zeros(len(scored["classes"]), np.int64)
    for row, name in enumerate(store.videos.name):
        for frame in range(5):
            truth = store.read_column("labels", row, np.array([frame]), 128)[0]
            guess = load(labelled / f"store/{name}/{frame:06d}.ply")["label"]
            counts += np.bincount(guess[truth >= 0], minlength=len(counts))
    assert counts.tolist() == np.array(scored["confusion"]).sum(0).tolist()


@pytest.mark.parametrize("interval", [1, 3, 7])
def test_points_are_told_from_frames_of_the_interval(segmented, interval, tmp_path, monkeypatch):
    model, shown = from_pretrained(segmented.run), []
    data = model.recipe.data.model_copy(update={"interval": interval})
    model.recipe = model.recipe.model_copy(update={"data": data})
    store, real = open_store(segmented.store), point_labels.guess_points

    def guess_points(objective, batch):
        shown.append(batch.points)
        return real(objective, batch)

    monkeypatch.setattr(point_labels, "guess_points", guess_points)
    label_recording(model, store, 0, tmp_path / "00", lambda done, count: None)
    starts, fresh = cover_all(5, 4, interval)
    assert len(shown) == len(starts)
    for points, start, new in zip(shown, starts, fresh, strict=True):
        held = clip_frames(int(start), 4, interval, 5)
        wanted = (store.read(0, held, 128) - store.videos.centroid[0].astype(np.float32)) * 0.5
        assert np.array_equal(points[0].numpy()[new], wanted.astype(np.float32)[new])


def test_a_failure_leaves_no_half_of_a_recording(segmented, tmp_path: Path, monkeypatch) -> None:
    model, store = from_pretrained(segmented.run), open_store(segmented.store)
    calls = []

    def damaged(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) > 2:
            raise RawFileError(store.path, "is damaged", "copy it")

    monkeypatch.setattr("pcv.stages.prediction.point_labels.write_labelled", damaged)
    with pytest.raises(RawFileError):
        label_recording(model, store, 0, tmp_path / "00", lambda done, count: None)
    assert [*tmp_path.iterdir()] == []


def test_an_empty_frame_stays_empty(segmented, reader, raw, tmp_path: Path) -> None:
    model = from_pretrained(segmented.run)
    source = reader.list_videos(raw)[0]
    store = MemoryStore(reader, source, model.config.storage)
    with torch.random.fork_rng():
        found = label_recording(model, store, 0, tmp_path / "v0", lambda done, count: None)
    sizes = [len(load(tmp_path / f"v0/{f:06d}.ply")) for f in range(20)]
    assert sizes == [len(frame) for frame in reader.read_video(source).frames]
    assert sizes[3] == 0
    assert found["points"] == sum(sizes)
