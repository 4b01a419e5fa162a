"""``pcv probe`` of an encoder of scenes: a linear classifier of points on frozen features."""

from __future__ import annotations

import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import ClipBatch
from pcv.data.dataset import evaluation_batches, training_batches
from pcv.data.scenes.dataset import open_clips
from pcv.data.store.store import Store, open_store
from pcv.encoders import SceneEncoder
from pcv.errors import InputError, RecipeError
from pcv.evaluate.point_probe import PointProbe
from pcv.progress import Progress
from pcv.stages.checks import check_store
from pcv.stages.job import Job
from pcv.stages.labels import scored_videos, split_of
from pcv.stages.scoring.scenes import scene_clips, score_labelling
from pcv.stages.scoring.scores import Asked
from pcv.stages.scoring.voting import vote
from pcv.stages.starting_encoder import starting_encoder
from pcv.train.device import device, to_device
from pcv.train.run import RunResult


def probe_scenes(job: Job, progress: Progress) -> RunResult:
    """Fit a linear classifier on the features of training scenes, and score the test scenes.

    The encoder is in eval mode and reads one scene at a time: no weight and no running statistic
    changes. The running statistics of a random encoder are set first, from
    ``probe.warm_statistics`` epochs of training scenes.

    Raises:
        InputError: There is no test scene, points have no labels or only some of them count, or
            the store or the run is bad.
    """
    began, recipe = time.monotonic(), job.recipe
    store = open_store(job.store, recipe.data.dataset)
    check_store(store, recipe)
    if recipe.data.labelled_points:
        raise RecipeError("data.labelled_points is for finetuning; a probe learns from all labels")
    split = split_of(store, recipe)
    scored = scored_videos(split, recipe)
    if not len(scored):
        raise InputError(f"{store.path}: no test scene to probe on")
    encoder: SceneEncoder = starting_encoder(job)
    if job.start is None:
        _warm(encoder, store, split.train, job)
    encoder.eval()
    names = store.point_class_names or store.class_names
    tokens, label = _labelled_tokens(encoder, store, split.train, job)
    probe = PointProbe.fit(
        tokens, label, recipe.probe, classes=len(names), seed=recipe.train.seed
    ).to(device())

    def scores(batch: ClipBatch) -> Tensor:
        found: Tensor = probe(encoder.point_features(batch))
        return found

    asked = Asked(store, scored, recipe)
    found = score_labelling(encoder, encoder, vote(scores, recipe.eval), asked, progress)
    assert found.confusion is not None
    return RunResult(
        stage="probe",
        **job.described(store),
        steps=0,
        seconds=round(time.monotonic() - began, 1),
        scores=found.values,
        n_scored=found.videos,
        n_in_split=len(scored),
        passes=found.passes,
        class_names=list(names),
        confusion=found.confusion.tolist(),
    )


def _warm(encoder: SceneEncoder, store: Store, scenes: NDArray[np.int64], job: Job) -> None:
    recipe = job.recipe
    if not encoder.has_statistics:
        return
    clips = open_clips(store, scenes, recipe.data, augment=recipe.augment, seed=recipe.train.seed)
    encoder.train()
    with torch.no_grad():
        for epoch in range(recipe.probe.warm_statistics):
            for batch in training_batches(clips, batch=recipe.train.batch, epoch=epoch):
                encoder.point_features(to_device(batch, device()))


@torch.no_grad()
def _labelled_tokens(
    encoder: SceneEncoder, store: Store, scenes: NDArray[np.int64], job: Job
) -> tuple[Tensor, Tensor]:  # (n, C), (n,) int64
    """Return features and classes of at most ``probe.scene_points`` labelled points per scene."""
    recipe = job.recipe
    clips = scene_clips(store, scenes, recipe)
    most = recipe.probe.scene_points
    tokens: dict[int, list[Tensor]] = {}
    labels: dict[int, list[Tensor]] = {}
    for batch in evaluation_batches(clips, batch=1, workers=recipe.train.workers):
        if batch.point_label is None:
            raise RecipeError(f"{store.path}: its points have no labels; a probe needs them")
        known = (batch.point_label >= 0).flatten()
        found = encoder.point_features(to_device(batch, device())).flatten(0, 2).float().cpu()
        tokens.setdefault(int(batch.video), []).append(found[known])
        labels.setdefault(int(batch.video), []).append(batch.point_label.flatten()[known])
    rows, classes = [], []
    for scene in tokens:
        mine, truth = torch.cat(tokens[scene]), torch.cat(labels[scene])
        rng = np.random.default_rng([recipe.train.seed, scene])
        kept = torch.from_numpy(np.sort(rng.permutation(len(mine))[:most]))
        rows.append(mine[kept])
        classes.append(truth[kept])
    if not sum(map(len, classes)):
        raise RecipeError(f"{store.path}: no labelled point to learn from")
    return torch.cat(rows), torch.cat(classes)
