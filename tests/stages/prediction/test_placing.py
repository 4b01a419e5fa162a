"""What ``pcv predict`` writes lies where the recording lay."""

from pathlib import Path

import numpy as np

from pcv.data.convert import Storage
from pcv.data.files.ply import read_ply
from pcv.data.memory_store import MemoryStore
from pcv.data.prepare import prepare
from pcv.data.raw.folder import VideoFolders
from pcv.data.store.store import open_store
from pcv.stages.predict import Wanted, predict
from pcv.stages.prediction.placing import put_back

FAR = np.array([500_000.25, -120.5, 5_000_000.125])


def recording(root: Path, middle: np.ndarray) -> dict[str, np.ndarray]:
    """A video of three frames, of which the first is empty."""
    folder = root / "walk/v0"
    folder.mkdir(parents=True)
    frames = {f"{n}.npy": np.random.default_rng(n).normal(0, 0.5, (64, 3)) + middle for n in (1, 2)}
    frames["0.npy"] = np.empty((0, 3))
    for name, points in frames.items():
        np.save(folder / name, points)
    return frames


def test_a_store_and_a_recording_say_what_was_subtracted(tmp_path: Path) -> None:
    for name, middle in (("far", FAR), ("near", np.zeros(3))):
        frames = recording(tmp_path / name, middle)
        reader = VideoFolders(tmp_path / name)
        (source,) = reader.list_videos(reader.root)
        prepare(reader, reader.root, tmp_path / f"{name}-store", points=64)
        store = open_store(tmp_path / f"{name}-store")
        assert ("shift" in store.attributes["videos"]) == (name == "far")
        memory = MemoryStore(reader, source, Storage(64, "int16", 2**-11))
        for each in (store, memory):
            found = put_back(each, 0, each.placed(0, 1, 64))
            assert found.dtype == (np.float64 if name == "far" else np.float32)
            order = np.lexsort(frames["1.npy"].T)
            np.testing.assert_allclose(
                found[np.lexsort(found.T)], frames["1.npy"][order], atol=2**-11, rtol=0
            )


def test_labelled_points_lie_where_the_recording_lay(segmented, tmp_path: Path) -> None:
    frames = recording(tmp_path / "raw", FAR)
    found = predict(segmented.run, [tmp_path / "raw"], wanted=Wanted(tmp_path / "out"))
    folder = Path(found["recordings"][0]["files"])
    for number in (1, 2):
        points = read_ply(folder / f"{number:06d}.ply").points
        np.testing.assert_allclose(points, frames[f"{number}.npy"], atol=1e-6, rtol=0)
