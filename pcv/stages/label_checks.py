"""What training needs of labels and subjects, and what it writes of limited ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.config.objective import (
    PointCPSCConfig,
    SceneInstancesConfig,
    SceneSegmentConfig,
    SegmentConfig,
)
from pcv.config.recipe import Recipe
from pcv.data.dataset import ClipDataset, collate
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.store.json_file import write_json
from pcv.data.store.store import Store
from pcv.errors import InputError, RecipeError
from pcv.stages.scoring.score import class_names

LIMITS = "labelled_points.json"


def check_subjects(recipe: Recipe, store: Store, videos: NDArray[np.int64]) -> None:
    """Check that subjects are known where an objective asks for them.

    Raises:
        RecipeError: They are not.
    """
    objective = recipe.objective
    if not isinstance(objective, PointCPSCConfig):
        return
    asked = objective.negative_subjects == "same" or objective.neighbour_subjects == "other"
    unknown = int((store.videos.subject[videos] < 0).sum())
    if asked and unknown:
        raise RecipeError(
            f"{store.path}: the subject of {unknown} training videos is unknown; set "
            "objective.negative_subjects and objective.neighbour_subjects to any"
        )


def check_point_labels(recipe: Recipe, store: Store, clips: ClipDataset) -> None:
    """Check that points have labels where an objective learns from them, in every scene.

    Raises:
        RecipeError: They have not, or class weights are not one a class.
    """
    objective = recipe.objective
    if not isinstance(objective, SegmentConfig | SceneSegmentConfig | SceneInstancesConfig):
        return
    if collate([clips[0, 0]]).point_label is None:
        raise RecipeError(
            f"{store.path}: its points have no labels; objective.name {objective.name} needs them"
        )
    if isinstance(clips, SceneDataset) and (bare := clips.unlabelled()):
        raise RecipeError(
            f"{store.path}: no point of {bare[0]} has a label ({len(bare)} such training scenes); "
            "name others by train.scenes, or prepare without --unlabelled"
        )
    weights, classes = len(getattr(objective, "class_weights", ())), len(class_names(store, recipe))
    if weights not in (0, classes):
        raise RecipeError(
            f"objective.class_weights: {weights} weights, but {store.path} has {classes} classes"
        )


def write_limits(run: Path, clips: ClipDataset) -> None:
    """Write which points of limited scenes keep their label, where some do not.

    Raises:
        InputError: The run began with others: the file that lists them has changed.
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
