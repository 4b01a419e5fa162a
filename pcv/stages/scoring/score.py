"""Scores of a supervised objective on some videos, whatever it was trained for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import ClipBatch, Progress
from pcv.config.recipe import Recipe
from pcv.data.dataset import evaluation_batches
from pcv.data.scenes.dataset import SceneDataset, open_clips
from pcv.data.splits import Split, split_videos
from pcv.data.store.store import Store
from pcv.data.windows import cover
from pcv.errors import InputError, RecipeError
from pcv.evaluate.metrics import (
    accuracy,
    confusion_matrix,
    mean_class_accuracy,
    mean_iou,
    point_scores,
)
from pcv.evaluate.segmentation import label_points, score_points
from pcv.evaluate.videos import VideoScores, score_clips
from pcv.objectives import Classify, SceneInstances, SceneSegment, Segment, Supervised
from pcv.progress import Advance
from pcv.stages.scoring.instances import score_instances
from pcv.stages.scoring.scenes import score_labelling
from pcv.stages.scoring.voting import vote
from pcv.stages.scoring.whole_scenes import score_scenes
from pcv.train.device import device_of, to_device

BATCH = 32  # clips; a score does not depend on it
WHOLE = 4  # clips of whole frames


class Scores(NamedTuple):
    """What scoring some videos found."""

    main: str  # the score that chooses an epoch
    values: dict[str, float]
    confusion: NDArray[np.int64]  # of videos, or of points
    videos: int  # scored
    passes: int | None = None  # over every scene


def score(
    objective: Supervised,
    store: Store,
    videos: NDArray[np.int64],
    recipe: Recipe,
    progress: Progress | None = None,
) -> Scores:
    """Score videos: their classes, or the classes of all their points.

    Raises:
        InputError: Points are to be scored, and the store has no labels of points.
    """
    if isinstance(objective, Segment):
        return _score_points(objective, store, videos, recipe, progress)
    if isinstance(objective, SceneInstances):
        return Scores("ap50", *score_instances(objective, (store, videos, recipe), progress))
    if isinstance(objective, SceneSegment):
        what = (store, videos, recipe)
        label = vote(objective.scores, recipe.eval)
        found = score_labelling(objective, objective.encoder, label, what, progress)
        return Scores("miou_present_classes", *found, recipe.eval.passes)
    scored = score_videos(objective, store, videos, recipe, progress)
    classes = len(class_names(store, recipe))
    matrix = confusion_matrix(scored.label, scored.score.argmax(1), classes)
    values = {"accuracy": accuracy(matrix), "mean_class_accuracy": mean_class_accuracy(matrix)}
    return Scores("accuracy", values, matrix, len(scored.video))


def split_of(store: Store, recipe: Recipe) -> Split:
    """Split a store as a recipe's stage, objective and protocol ask.

    Raises:
        InputError: The store cannot be split so.
    """
    labelled = recipe.stage != "pretrain"
    return split_videos(store, recipe.train, labelled=labelled, points=of_points(recipe))


def of_points(recipe: Recipe) -> bool:
    """Whether points, not videos, have the labels."""
    names = {"segment", "scene_segment", "scene_instances", "serial", "sparseunet"}
    return bool({recipe.objective.name, recipe.encoder.name} & names)


def check_colour(store: Store, recipe: Recipe) -> None:
    """Raise RecipeError where a recipe's encoder reads colours that a store has not."""
    if getattr(recipe.encoder, "colour", False) and "colour" not in store.columns:
        raise RecipeError(f"{store.path}: its points have no colours; set encoder.colour to false")


def scored_videos(split: Split, recipe: Recipe) -> NDArray[np.int64]:
    """Return the videos that a finished run is scored on: test, or its fold of cross-validation."""
    return split.test if recipe.train.validation_fold is None else split.validation


def labelled_lines(store: Store, split: Split, recipe: Recipe) -> list[str]:
    """Name the training videos and their classes, where a recipe labels only some of them."""
    train = recipe.train
    if recipe.stage == "pretrain" or (train.label_fraction == 1 and not train.shots):
        return []
    names, label = store.videos.name, store.videos.label
    return [f"{names[row]}\t{store.class_names[label[row]]}" for row in split.train]


def class_names(store: Store, recipe: Recipe) -> list[str]:
    """Names of the classes that a recipe's objective tells apart."""
    names = {recipe.objective.name, recipe.encoder.name}
    if names & {"segment", "scene_segment", "scene_instances", "serial", "sparseunet"}:
        return store.point_class_names or store.class_names
    return store.class_names


def score_videos(
    objective: Classify,
    store: Store,
    videos: NDArray[np.int64],
    recipe: Recipe,
    progress: Progress | None = None,
) -> VideoScores:
    """Sum the scores of all clips of some videos."""
    clips = open_clips(store, videos, recipe.data, seed=recipe.train.seed)
    batches = evaluation_batches(clips, batch=BATCH, workers=recipe.train.workers)
    advance = Advance(progress, len(clips), "clips scored")
    return score_clips(objective, batches, objective.scores, advance)


def _score_points(
    objective: Segment,
    store: Store,
    videos: NDArray[np.int64],
    recipe: Recipe,
    progress: Progress | None,
) -> Scores:
    if store.ordered is not None:
        return _score_scenes(objective, store, videos, recipe, progress)
    whole = {"points": store.points, "clip_stride": 1, "eval_clips": 0}
    data = recipe.data.model_copy(update=whole)
    clips = open_clips(store, videos, data, seed=recipe.train.seed)
    clips.clips, fresh = cover(clips.clips, store.videos.length, data.frames, data.interval)
    batches = evaluation_batches(clips, batch=WHOLE, workers=recipe.train.workers)
    advance = Advance(progress, len(clips), "clips scored")
    classes = len(class_names(store, recipe))
    try:
        found = score_points(objective, batches, fresh, classes, advance)
    except ValueError as error:
        raise InputError(f"{store.path}: {error}") from None
    matrix = found.confusion
    values = mean_iou(matrix) | {"point_accuracy": accuracy(matrix)}
    return Scores("miou_present_classes", values, matrix, found.videos)


def _score_scenes(
    objective: Segment,
    store: Store,
    videos: NDArray[np.int64],
    recipe: Recipe,
    progress: Progress | None,
) -> Scores:
    clips = SceneDataset(store, videos, recipe.data, seed=recipe.train.seed)
    advance = Advance(progress, len(clips), "regions scored")
    classes = len(class_names(store, recipe))
    was_training = objective.training
    objective.eval()

    def label(batch: ClipBatch) -> Tensor:
        moved = to_device(batch, device_of(objective))
        return label_points(objective, objective.encoder.inputs(moved))

    try:
        found = score_scenes(label, clips, classes, batch=WHOLE, advance=advance)
    except ValueError as error:
        raise InputError(f"{store.path}: {error}") from None
    finally:
        objective.train(was_training)
    matrix = found.full
    values = point_scores(matrix)
    if recipe.data.spacing:
        kept = mean_iou(found.kept)
        values |= {f"{name}_of_kept_points": value for name, value in kept.items()}
    return Scores("miou_present_classes", values, matrix, found.scenes)
