from pathlib import Path

import numpy as np
import pytest
import torch

from pcv.clip import ClipBatch
from pcv.config.data import AugmentConfig, DataConfig
from pcv.config.encoder import P4TransformerConfig
from pcv.config.recipe import Recipe
from pcv.config.supervised import SegmentationConfig
from pcv.config.training import TrainConfig
from pcv.data.prepare import prepare
from pcv.data.raw.scannet import ScanNet
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.store.store import Store, open_store
from pcv.errors import RecipeError
from pcv.stages.evaluate import evaluate
from pcv.stages.job import Job
from pcv.stages.scoring.whole_scenes import label_scenes, score_scenes
from pcv.stages.training import finetune
from tests.data.raw.test_scannet_arrays import room

FRAME = np.zeros(1, np.int64)
SCENE = P4TransformerConfig(
    name="p4transformer", form="scene", width=1 / 32, radius=0.5, neighbours=8, depth=1, heads=2,
    head_channels=8, mlp=16,
)  # fmt: skip


def truth_of(batch: ClipBatch) -> torch.Tensor:
    """A labeller that knows the truth of what is its own, and nothing of what is only seen."""
    return torch.where(batch.point_label >= 0, batch.point_label, 3)


@pytest.mark.parametrize(("points", "batch"), [(300, 1), (300, 7), (100_000, 2)])
def test_who_knows_every_own_point_scores_all_of_them(rooms: Store, points: int, batch: int):
    clips = SceneDataset(rooms, [0, 2], DataConfig(frames=1, points=points))
    found = score_scenes(truth_of, clips, 20, batch=batch)
    labels = [rooms.read_column("labels", i, FRAME, int(rooms.videos.sizes[i]))[0] for i in (0, 2)]
    counts = np.bincount(np.concatenate(labels)[np.concatenate(labels) >= 0], minlength=20)
    np.testing.assert_array_equal(found.full, np.diag(counts))
    np.testing.assert_array_equal(found.kept, found.full)
    assert found.scenes == 2


def test_full_resolution_differs_from_kept_points(rooms: Store) -> None:
    """Every other point is given what its nearest kept point was."""
    clips = SceneDataset(rooms, [1], DataConfig(frames=1, points=300, spacing=0.25))
    found = score_scenes(truth_of, clips, 20)
    total = int(rooms.videos.sizes[1])
    truth = rooms.read_column("labels", 1, FRAME, total)[0]
    points = rooms.read(1, FRAME, total)[0]
    kept = clips.kept(1)
    near = np.linalg.norm(points[:, None] - points[None, :kept], axis=2).argmin(1)
    near[:kept] = np.arange(kept)
    guess = np.where(truth[near] >= 0, truth[near], 3)
    wanted = np.zeros((20, 20), int)
    np.add.at(wanted, (truth[truth >= 0], guess[truth >= 0]), 1)
    np.testing.assert_array_equal(found.full, wanted)
    assert found.kept.sum() == (truth[:kept] >= 0).sum() < found.full.sum()
    ((scene, labels),) = label_scenes(truth_of, clips)
    assert (scene, labels.shape, labels.min() >= 0) == (1, (kept,), True)


def job(store: Store, out: Path, **data: object) -> Job:
    recipe = Recipe(
        stage="finetune",
        data=DataConfig(**({"frames": 1, "points": 512, "scale": 1.0} | data)),
        augment=AugmentConfig(rotate=180, anisotropic=False),
        encoder=SCENE,
        objective=SegmentationConfig(),
        train=TrainConfig(
            epochs=1, batch=2, scenes=("scene0000_00", "scene0001_00"), validation_subjects=0
        ),
    )
    return Job(recipe, "rooms", store.path, out)


def test_a_scene_is_finetuned_on_and_scored_whole(rooms: Store, tmp_path: Path) -> None:
    """The encoders of videos run on scenes too; the list of labelled points lies in the run."""
    result = finetune(job(rooms, tmp_path / "run", labelled_points=30, spacing=0.2, points=256))
    total = int(rooms.videos.sizes[2])
    labelled = (rooms.read_column("labels", 2, FRAME, total) >= 0).sum()
    assert sum(map(sum, result.confusion)) == labelled
    assert {"mean_class_accuracy", "miou_present_classes_of_kept_points"} <= set(result.scores)
    listed = (tmp_path / "run/labelled_points.json").read_text()
    assert listed.count("scene000") == 2
    assert evaluate(tmp_path / "run")["point_accuracy"] == result.scores["point_accuracy"]


def test_rooms_without_labels_cannot_teach(tmp_path: Path) -> None:
    for number in range(3):
        room(tmp_path / "raw", f"scene000{number}_00", 600)
    (tmp_path / "raw/scene0001_00_sem_label.npy").unlink()
    reader = ScanNet(tmp_path / "raw", unlabelled=True)
    prepare(reader, tmp_path / "raw", tmp_path / "store", points=1 << 20)
    store = open_store(tmp_path / "store")
    with pytest.raises(
        RecipeError, match=r"no point of scene0001_00 has a label \(the first of 1 such"
    ):
        finetune(job(store, tmp_path / "run"))
