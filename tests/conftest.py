"""What all tests share."""

from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import settings

from pcv.clip import COLOUR, LABELS, Video, VideoSource
from pcv.config.recipe import build_recipe
from pcv.data.prepare import prepare
from pcv.data.raw.kitti import SemanticKitti
from pcv.data.raw.msr import MsrAction3d
from pcv.data.raw.scannet import ScanNet
from pcv.data.store.store import Store, open_store
from pcv.errors import InputError, RawFileError
from pcv.stages.job import Job
from pcv.stages.training import finetune
from pcv.synth import room as furnished
from pcv.synth.drives import synthesise_street
from pcv.synth.people import synthesise_people
from pcv.synth.scannet import synthesise_scannet

# The first example compiles kernels, so time says nothing.
settings.register_profile("pcv", deadline=None, max_examples=50)
settings.load_profile("pcv")


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """Small tensors: a second thread only waits, for a second a step where cores are busy."""
    torch.set_num_threads(1)


class CloudReader:
    """A dataset without files: random clouds, named by number. Picklable."""

    dataset = "clouds"
    class_names = ("a", "b", "c")
    axes = "x right, y down, z forward"

    def __init__(self, lengths: tuple[int, ...] = (20, 9, 31, 40, 12, 25), bad: int = -1) -> None:
        self.lengths, self.bad = lengths, bad

    def settings(self) -> dict[str, float | str]:
        return {"seed": 0}

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        return [
            VideoSource(root / "file", f"v{i}", i % 3, i % 4, 0, "train" if i % 4 < 3 else "test")
            for i in range(len(self.lengths))
        ]

    def count_frames(self, source: VideoSource) -> int:
        return self.lengths[int(source.name[1:])]

    def read_video(self, source: VideoSource) -> Video:
        number = int(source.name[1:])
        if number == self.bad:
            raise RawFileError(source.path, "is broken", "mend it")
        rng = np.random.default_rng(number)
        middle = rng.uniform(-1, 1, 3)
        sizes = rng.integers(30, 90, self.lengths[number])
        frames = [(middle + rng.normal(0, 0.3, (n, 3))).astype(np.float32) for n in sizes]
        frames[3] = frames[3][:0]  # an empty frame
        return Video(source, frames)


class LabelledReader(CloudReader):
    """The clouds with a class and a colour per point, told by the point's place."""

    columns: ClassVar = {"labels": LABELS, "colour": COLOUR}
    point_class_names = ("left", "right")

    def read_video(self, source: VideoSource) -> Video:
        frames = super().read_video(source).frames
        labels = [(frame[:, 0] > 0).astype(np.int16) for frame in frames]
        colours = [np.repeat(label[:, None] * 100 + 7, 3, 1).astype(np.uint8) for label in labels]
        return Video(source, frames, {"labels": labels, "colour": colours})


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the one file whose checksum every cloud video has."""
    folder = tmp_path_factory.mktemp("raw")
    (folder / "file").write_bytes(b"raw")
    return folder


@pytest.fixture(scope="session")
def reader() -> CloudReader:
    """The reader of the clouds."""
    return CloudReader()


@pytest.fixture(scope="session")
def store(raw: Path, reader: CloudReader, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A small store of the clouds: 6 videos, 64 points."""
    out = tmp_path_factory.mktemp("stores") / "clouds"
    prepare(reader, raw, out, points=64)
    return open_store(out)


@pytest.fixture(scope="session")
def labelled(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The clouds again, 96 points (more than any frame has), with labels and colours."""
    out = tmp_path_factory.mktemp("stores") / "labelled"
    prepare(LabelledReader(), raw, out, points=96)
    return open_store(out)


@pytest.fixture(scope="session")
def rooms_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three synthetic rooms in ScanNet's layout, the last on the validation list."""
    folder = tmp_path_factory.mktemp("rooms")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(furnished, "SPACING", 0.12)
        synthesise_scannet(folder / "raw", rooms=3, seed=0)
    return folder / "raw"


@pytest.fixture(scope="session")
def rooms(rooms_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store of the rooms: some 8,000 points each."""
    out = tmp_path_factory.mktemp("stores") / "rooms"
    prepare(ScanNet(rooms_raw), rooms_raw, out, points=1 << 20)
    return open_store(out)


class Trained(NamedTuple):
    """A tiny finetuned run, what it was trained on and where that came from."""

    run: Path
    store: Path
    raw: Path


def finetuned(place: Path, reader: Any, points: int, **recipe: Any) -> Trained:
    """Prepare raw recordings and finetune two steps on them."""
    prepare(reader, place / "raw", place / "store", points=points, step=2**-8)
    train = {"epochs": 1, "steps": 2, "batch": 2, "validation_subjects": 0, "validate_every": 0}
    tree = {"stage": "finetune", "train": train} | recipe
    job = Job(build_recipe(tree, "test"), "tiny", place / "store", place / "run")
    finetune(job)
    return Trained(place / "run", place / "store", place / "raw")


@pytest.fixture(scope="session")
def classified(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A run that classifies recordings of MSRAction-3D's format; 2 actions of 3 subjects."""
    place = tmp_path_factory.mktemp("classified")
    synthesise_people(place / "raw", actions=2, subjects=6, trials=1, jobs=1)
    data = {"dataset": "msr", "frames": 8, "points": 32, "epoch": "videos", "eval_clips": 3}
    encoder, objective = {"width": 0.05, "radius": 0.3}, {"name": "classify", "hidden": 8}
    return finetuned(place, MsrAction3d(), 64, data=data, encoder=encoder, objective=objective)


@pytest.fixture(scope="session")
def segmented(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A run that labels points of SemanticKITTI's layout; more points a scan than are stored."""
    place = tmp_path_factory.mktemp("segmented")
    synthesise_street(place / "raw", "kitti", sequences=2, frames=5, seed=0, progress=None)
    data = {"dataset": "kitti", "frames": 4, "points": 128, "scale": 0.5}
    encoder, objective = {"width": 0.03, "radius": 2.0}, {"name": "segment", "overlap": 1.0}
    return finetuned(place, SemanticKitti(), 128, data=data, encoder=encoder, objective=objective)


def trained_on_rooms(rooms: Store, raw: Path, run: Path, **recipe: Any) -> Trained:
    """Finetune a few steps on the first room; the two others test."""
    train = {
        "epochs": 9, "steps": 9, "batch": 2, "validation_subjects": 0, "validate_every": 0,
        "test_subjects": [1, 2],
    }  # fmt: skip
    tree = {"stage": "finetune", "train": train} | recipe
    finetune(Job(build_recipe(tree, "test"), "rooms", rooms.path, run))
    return Trained(run, rooms.path, raw)


@pytest.fixture(scope="session")
def room_run(rooms: Store, rooms_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A run that labels points of rooms by their places, colours and normals."""
    data = {
        "frames": 1, "points": 400, "colour": True, "normals": True, "spacing": 0.2,
        "centre": "clip", "region": {"per_scene": 2},
    }  # fmt: skip
    encoder = {
        "name": "serial", "inputs": ["xyz", "colour", "normal"], "channels": 16, "stem_blocks": 1,
        "neighbours": 4, "depth": 1, "heads": 2, "key_channels": 4, "value_channels": 4, "mlp": 16,
    }  # fmt: skip
    run, objective = tmp_path_factory.mktemp("room") / "run", {"name": "scene_segment"}
    parts = {"data": data, "encoder": encoder, "objective": objective}
    return trained_on_rooms(rooms, rooms_raw, run, **parts)


@pytest.fixture(scope="session")
def object_run(rooms: Store, rooms_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A run that tells objects of rooms apart, by places and colours; a room is one region."""
    data = {
        "frames": 1, "points": 5000, "colour": True, "instances": True, "spacing": 0.15,
        "region": {"per_scene": 2, "fill": True},
    }  # fmt: skip
    encoder = {
        "name": "sparseunet", "inputs": ["colour"], "voxel": 0.3, "stem": 4, "channels": [4, 4],
        "blocks": [1, 1], "norm_momentum": 0.5,
    }  # fmt: skip
    objective = {"name": "scene_instances", "radius": 0.3, "least": 10}
    run = tmp_path_factory.mktemp("objects") / "run"
    parts = {"data": data, "encoder": encoder, "objective": objective, "optim": {"lr": 0.02}}
    return trained_on_rooms(rooms, rooms_raw, run, **parts)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is slow unless -m asks for it, and what needs a device where there is none."""
    if "slow" not in config.getoption("-m"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow; pytest -m slow runs it"))
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="no CUDA device here"))
