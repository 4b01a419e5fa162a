"""``pcv view`` of a run that labels rooms: colours, truth and prediction, seen from above."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import ClipBatch
from pcv.config import Recipe
from pcv.data.labelled_cloud import class_colours
from pcv.data.store import Store, open_store
from pcv.encoders import build_encoder
from pcv.errors import InputError
from pcv.objectives import SceneInstances, SceneSegment, build_objective
from pcv.stages.scene_scoring import scene_clips
from pcv.stages.scoring import class_names, split_of
from pcv.stages.whole_scenes import label_scenes
from pcv.train.checkpoint import load_objective
from pcv.train.fit import device_of, to_device
from pcv.train.run import RunFolder
from pcv.view import Column, from_above, write_columns

PIXELS = 240  # of a picture's side
MARGIN = 1.04  # around a room
UNKNOWN = (210, 210, 210)  # points without a class
WRONG, RIGHT = (200, 30, 30), (225, 225, 225)
FRAME = np.zeros(1, np.int64)


def view_rooms(
    run: Path, recipe: Recipe, store: Path, out: Path, *, scene: str | None, most: int
) -> dict[str, Any]:
    """Draw rooms with the classes of their points: a row a room.

    Args:
        run: Run folder of scene_segment or scene_instances.
        recipe: Its recipe.
        store: Of rooms.
        out: PNG to write.
        scene: Name of the only room; None: the first that test.
        most: Rooms shown.

    Returns:
        JSON-able: the rooms, the share of labelled points that is right in each, the picture.

    Raises:
        InputError: No such room, or the store holds none.
    """
    opened = open_store(store, recipe.data.dataset)
    names = class_names(opened, recipe)
    objective = build_objective(recipe, build_encoder(recipe.encoder), classes=len(names))
    assert isinstance(objective, SceneSegment | SceneInstances)
    load_objective(RunFolder(run).last, objective)
    objective.to(torch.device("cuda" if torch.cuda.is_available() else "cpu")).eval()
    rooms = _rooms(opened, scene, recipe)[:most]
    guesses = _guesses(objective, opened, rooms, recipe)
    places = [_all(opened, room) for room in rooms]
    colours = np.vstack([class_colours(len(names)), UNKNOWN]).astype(np.uint8)  # -1: the last
    columns: dict[str, list[NDArray[np.uint8]]] = {}
    share, met = [], np.zeros(len(names), bool)
    for room, points, guess in zip(rooms, places, guesses, strict=True):
        truth = _all(opened, room, "labels").astype(np.int64)
        known = truth >= 0
        right = guess[known] == truth[known]
        share.append(float(right.mean()) if known.any() else None)
        met[np.unique(np.concatenate([guess, truth[known]]))] = True
        wrong = np.where((guess == truth)[:, None], RIGHT, WRONG)
        metres = MARGIN * float(np.ptp(points, axis=0)[[0, 2]].max())
        shown = {
            "colours": _all(opened, room, "colour") if "colour" in opened.columns else None,
            "truth": colours[truth],
            "predicted": colours[guess],
            "wrong": np.where(known[:, None], wrong, UNKNOWN).astype(np.uint8),
        }
        for name, of_points in shown.items():
            if of_points is not None:
                picture = from_above(points, of_points, metres, PIXELS)
                columns.setdefault(name, []).append(picture)
    legend = [(names[i], colours[i].tolist()) for i in np.flatnonzero(met)]
    write_columns(out, [Column(*each) for each in columns.items()], legend=legend)
    return {
        "run": str(run),
        "rooms": [opened.videos.name[room] for room in rooms],
        "point_accuracy": share,
        "picture": str(out),
    }


def _rooms(store: Store, scene: str | None, recipe: Recipe) -> list[int]:
    if store.ordered is None or "labels" not in store.columns:
        raise InputError(f"{store.path}: holds no rooms with labels, which are shown beside")
    if scene is None:
        return [int(room) for room in split_of(store, recipe).test]
    if scene not in store.videos.name:
        known = ", ".join(store.videos.name[:10])
        raise InputError(f"{store.path}: no room {scene} (the first: {known})")
    return [store.videos.name.index(scene)]


def _guesses(
    objective: SceneSegment | SceneInstances, store: Store, rooms: list[int], recipe: Recipe
) -> list[NDArray[np.int64]]:
    """Classes of every stored point of each room."""
    device = device_of(objective)
    clips = scene_clips(store, np.array(rooms), recipe)

    def label(batch: ClipBatch) -> Tensor:
        moved = to_device(batch, device)
        if isinstance(objective, SceneInstances):
            return objective.predict(moved)[0].argmax(-1)
        return objective.labels(moved)

    found = dict(label_scenes(label, clips))
    return [found[room][clips.nearest_kept(room)] for room in rooms]


def _all(store: Store, room: int, column: str = "") -> NDArray[Any]:
    count = int(store.videos.sizes[room])
    if column:
        return store.read_column(column, room, FRAME, count)[0]
    return store.read(room, FRAME, count)[0]
