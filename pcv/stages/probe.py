"""``pcv probe``: how well classifiers work on the features of a frozen encoder."""

from __future__ import annotations

import itertools
import time

import numpy as np
import torch
from numpy.typing import NDArray

from pcv.data.dataset import evaluation_batches, training_batches
from pcv.data.scenes.dataset import open_clips
from pcv.data.store.store import Store, open_store
from pcv.encoders import ClipEncoder
from pcv.encoders.segments import encode_segments
from pcv.errors import InputError
from pcv.evaluate.metrics import accuracy, confusion_matrix
from pcv.evaluate.probe import Features, knn_probe, linear_probe, video_features
from pcv.progress import Advance, Progress, silent
from pcv.stages.checks import check_store
from pcv.stages.job import Job
from pcv.stages.labels import labelled_lines, scored_videos, split_of
from pcv.stages.scene_probe import probe_scenes
from pcv.stages.starting_encoder import starting_encoder
from pcv.train.device import device
from pcv.train.run import RunFolder, RunResult

BATCH = 32  # clips that are encoded at a time


def probe(job: Job, *, progress: Progress = silent) -> RunResult:
    """Fit linear and nearest-neighbour classifiers on frozen features, and score the test videos.

    In scenes, points are classified, by a linear classifier alone.

    Without a pretrained run the encoder is random. ``probe.warm_statistics`` batches of training
    clips then set the running statistics of its batch normalisation, which makes a stronger and
    fairer baseline than untouched statistics.

    Raises:
        InputError: There is no test video, or the store or the run is bad.
    """
    began = time.monotonic()
    folder = RunFolder(job.out)
    finished = job.claim(resume=True)
    if finished:
        return finished
    recipe = job.recipe
    if recipe.encoder.scenes:
        return folder.finish(probe_scenes(job, progress))
    store = open_store(job.store, recipe.data.dataset)
    check_store(store, recipe)
    split = split_of(store, recipe)
    scored = scored_videos(split, recipe)
    if not len(scored):
        raise InputError(f"{store.path}: no test video to probe on")
    if lines := labelled_lines(store, split, recipe):
        folder.write_labelled(lines)
    encoder: ClipEncoder = starting_encoder(job)
    if job.start is None:
        _warm(encoder, job, store, split.train)
    train = _features(encoder, job, store, split.train, progress)
    test = _features(encoder, job, store, scored, progress)
    return folder.finish(_score(job, store, train, test, len(scored), began))


def _warm(encoder: ClipEncoder, job: Job, store: Store, videos: NDArray[np.int64]) -> None:
    recipe = job.recipe
    clips = open_clips(store, videos, recipe.data, augment=recipe.augment, seed=recipe.train.seed)
    encoder.train()
    epochs = (training_batches(clips, batch=BATCH, epoch=epoch) for epoch in itertools.count())
    batches = itertools.chain.from_iterable(epochs)
    with torch.no_grad():
        for batch in itertools.islice(batches, recipe.probe.warm_statistics):
            points = encoder.inputs(batch).to(device())
            encode_segments(encoder, points, recipe.probe.segment_frames)


def _features(
    encoder: ClipEncoder, job: Job, store: Store, videos: NDArray[np.int64], progress: Progress
) -> Features:
    recipe = job.recipe
    clips = open_clips(store, videos, recipe.data, seed=recipe.train.seed)
    advance = Advance(progress, len(clips), "clips encoded")
    batches = evaluation_batches(clips, batch=BATCH, workers=recipe.train.workers)
    read = (batch._replace(points=encoder.inputs(batch)) for batch in batches)
    return video_features(encoder, read, recipe.probe, advance)


def _score(
    job: Job, store: Store, train: Features, test: Features, in_split: int, began: float
) -> RunResult:
    recipe, classes = job.recipe, len(store.class_names)
    truth = test.label.numpy()
    linear = linear_probe(train, test, recipe.probe, classes=classes, seed=recipe.train.seed)
    matrix = confusion_matrix(truth, linear, classes)
    scores = {"linear": accuracy(matrix)}
    for count in sorted({1, recipe.probe.neighbours}):
        guess = knn_probe(train, test, neighbours=count, classes=classes)
        scores[f"knn_{count}"] = accuracy(confusion_matrix(truth, guess, classes))
    return RunResult(
        stage="probe",
        **job.described(store),
        steps=0,
        seconds=round(time.monotonic() - began, 1),
        scores=scores,
        n_scored=len(truth),
        n_in_split=in_split,
        label_fraction=recipe.train.label_fraction,
        shots=recipe.train.shots,
        class_names=store.class_names,
        confusion=matrix.tolist(),
    )
