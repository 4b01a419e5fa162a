"""Checks that a store holds what a recipe needs, and the file that lists limited labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.clip import CHANNEL_COLUMNS
from pcv.config.objective import POINTWISE
from pcv.config.recipe import Recipe
from pcv.data.dataset import ClipDataset, collate
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.scenes.teacher_features import TeacherFeatures
from pcv.data.store.json_file import write_json
from pcv.data.store.store import Store
from pcv.errors import InputError, RecipeError
from pcv.stages.labels import class_names

LIMITS = "labelled_points.json"


def check_store(store: Store, recipe: Recipe) -> None:
    """Check that a store has the channels that a recipe's encoder reads, and its teacher fits.

    Raises:
        RecipeError: A channel is missing, or the teacher does not fit; says which key to set.
    """
    if recipe.encoder.scenes:
        _check_teacher(recipe)
        check_channels(store, recipe)
    elif "colour" in recipe.encoder.channels_read and "colour" not in store.columns:
        raise RecipeError(f"{store.path}: its points have no colours; set encoder.colour=false")


def check_channels(store: Store, recipe: Recipe) -> None:
    """Check that the points of scenes have the channels that an encoder reads.

    Raises:
        RecipeError: One is missing, or the recipe does not ask for it; says which key to set.
    """
    for channel in recipe.encoder.channels_read:
        column = CHANNEL_COLUMNS[channel]
        if column not in store.columns:
            raise RecipeError(
                f"{store.path}: its points have no {column}, which the encoder reads; prepare a "
                f"store that has {column}, or train an encoder without {channel} in encoder.inputs"
            )
        if not getattr(recipe.data, column):
            raise RecipeError(f"encoder.inputs has {channel}: set data.{column}=true")


def _check_teacher(recipe: Recipe) -> None:
    """Raise if a 2D teacher's features have another number of channels than the recipe says."""
    objective, folder = recipe.objective, recipe.data.teacher
    if folder is None or objective.task != "views":
        return
    try:
        objective.check_teacher(TeacherFeatures(Path(folder)).shape[2])
    except ValueError as error:
        raise RecipeError(f"{folder}: {error}") from None


def check_subjects(recipe: Recipe, store: Store, videos: NDArray[np.int64]) -> None:
    """Check that the subjects of the training videos are known if the objective asks for them.

    Args:
        recipe: The recipe.
        store: The store of the videos.
        videos: (n,) rows of the training videos in the store's table.

    Raises:
        RecipeError: The subject of some video is unknown.
    """
    unknown = int((store.videos.subject[videos] < 0).sum())
    if recipe.objective.asks_for_subjects and unknown:
        raise RecipeError(
            f"{store.path}: the subject of {unknown} training videos is unknown; set "
            "objective.negative_subjects and objective.neighbour_subjects to any"
        )


def check_labels(recipe: Recipe, store: Store, clips: ClipDataset) -> None:
    """Check that points have labels, in every scene, if the objective learns from them.

    Raises:
        RecipeError: Labels are missing, or the objective's keys do not fit the classes.
    """
    objective = recipe.objective
    if objective.task not in POINTWISE:
        return
    if collate([clips[0, 0]]).point_label is None:
        raise RecipeError(
            f"{store.path}: its points have no labels; objective.name {objective.name} needs them"
        )
    if isinstance(clips, SceneDataset) and (bare := clips.unlabelled()):
        raise RecipeError(
            f"{store.path}: no point of {bare[0]} has a label (the first of {len(bare)} such "
            "training scenes); choose others by train.scenes, or prepare without --unlabelled"
        )
    try:
        objective.check_labels(len(class_names(store, recipe)), str(store.path))
    except ValueError as error:
        raise RecipeError(f"objective.{error}") from None


def write_limits(run: Path, clips: ClipDataset) -> None:
    """Write the file that lists which points of every scene keep their label, if not all do.

    Raises:
        InputError: The run began with other labelled points, since the file that lists them has
            changed.
    """
    limits = clips.limits() if isinstance(clips, SceneDataset) else {}
    if not limits:
        return
    file = run / LIMITS
    try:
        known = json.loads(file.read_text()) if file.exists() else limits
    except (OSError, ValueError):
        known = None
    if known != limits:
        raise InputError(
            f"{file}: the run began with other labelled points than {clips.config.labelled_points} "
            "gives now; give another --out"
        )
    write_json(file, limits)
