"""A tiny store of posed rooms, and a short GaussianCross run on it."""

from pathlib import Path

from pcv.config.recipe import build_recipe
from pcv.data.prepare import prepare
from pcv.data.raw.rgbd import RgbdScenes
from pcv.data.store.store import Store, open_store
from pcv.stages.job import Job
from pcv.stages.training import pretrain
from tests import rooms

ENCODER = {
    "name": "sparseunet", "voxel": 0.2, "stem": 4, "channels": [4, 4], "blocks": [1, 1],
    "norm_momentum": 0.5,
}  # fmt: skip
DATA = {"frames": 1, "points": 500, "colour": True, "normals": True}
OBJECTIVE = {
    "name": "gaussiancross", "lattice": [6, 4, 6], "dense": [4], "dense_out": 4, "hidden": 4,
    "features": 4, "teacher_cell": 8, "keep_at_least": 16,
}  # fmt: skip


def posed_store(folder: Path) -> Store:
    """Two recordings of one room, labelled, every third of six views held out."""
    raw = folder / "raw"
    for name, span in (("a", 0.3), ("b", 0.2)):
        rooms.seven_scenes(raw / name, rooms.frames(6, span), labels=True)
    reader = RgbdScenes(raw, voxel=0.05, held_out=3)
    prepare(reader, raw, folder / "store", points=1 << 16)
    return open_store(folder / "store")


def posed_job(store: Path, out: Path, *, data: dict | None = None, **objective: object) -> Job:
    tree = {
        "stage": "pretrain",
        "data": DATA | {"views": 2, "image": [24, 32], "region": {"share": 1.0}} | (data or {}),
        "augment": {"anisotropic": False, "rotate": 180.0},
        "encoder": ENCODER,
        "objective": OBJECTIVE | objective,
        "optim": {"lr": 0.005},
        "train": {"epochs": 3, "batch": 2, "validation_subjects": 0, "log_every": 1},
    }
    return Job(build_recipe(tree, "test"), "posed", store, out)


def posed_run(store: Path, out: Path, **changes: object) -> Path:
    pretrain(posed_job(store, out, **changes))
    return out
