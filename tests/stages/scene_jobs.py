"""Small recipes of scenes that several tests run."""

from pathlib import Path

from pcv.config.data import AugmentConfig, DataConfig, RegionConfig
from pcv.config.encoder import SerialConfig
from pcv.config.pretexts import PointCSPConfig
from pcv.config.recipe import Recipe
from pcv.config.scoring import ProbeConfig
from pcv.config.supervised import SceneSegmentationConfig
from pcv.config.training import TrainConfig
from pcv.stages.job import Job

DATA = DataConfig(
    frames=1, points=512, colour=True, normals=True, spacing=0.2, centre="clip",
    region=RegionConfig(per_scene=2),
)  # fmt: skip
ENCODER = SerialConfig(
    name="serial", inputs=("xyz", "colour", "normal"), channels=16, stem_blocks=1, neighbours=4,
    depth=1, heads=2, key_channels=4, value_channels=4, mlp=16,
)  # fmt: skip
POINTCSP = PointCSPConfig(
    name="pointcsp", global_points=32, local_views=1, local_points=16, head_hidden=16,
    head_channels=8, prototypes=8, geometry_points=4, match_radius=0.5,
)  # fmt: skip
PARTS = {"data": DATA, "encoder": ENCODER, "augment": AugmentConfig(rotate=180, anisotropic=False)}


def pretraining(store, out: Path, **change: object) -> Job:
    train = TrainConfig(epochs=2, batch=2, log_every=1)
    parts = PARTS | {"objective": POINTCSP, "train": train} | change
    return Job(Recipe(stage="pretrain", **parts), "test", store.path, out)


def finetuning(store, out: Path, start: Path | None = None, **change: object) -> Job:
    train = TrainConfig(epochs=2, batch=2, log_every=1, test_subjects=(1, 2), validation_subjects=0)
    objective = SceneSegmentationConfig(name="scene_segment", monitor_every=1)
    parts = PARTS | {"objective": objective, "train": train} | change
    return Job(Recipe(stage="finetune", **parts), "test", store.path, out, start)


def probing(store, out: Path, start: Path | None = None, **change: object) -> Job:
    train = TrainConfig(test_subjects=(1, 2), validation_subjects=0)
    probe = ProbeConfig(linear_epochs=20, scene_points=300)
    parts = PARTS | {"train": train, "probe": probe} | change
    return Job(Recipe(stage="probe", **parts), "test", store.path, out, start)
