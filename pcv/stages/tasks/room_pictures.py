"""Pictures of rooms from above: their colours, their true classes, and the predicted ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.config.recipe import Recipe
from pcv.config.scoring import EvalConfig
from pcv.data.files.labelled_ply import class_colours
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.store.store import Store
from pcv.errors import InputError
from pcv.objectives import Objective
from pcv.report.pictures import PictureColumn, from_above, write_columns
from pcv.stages.finished import FinishedRun
from pcv.stages.labels import class_names, split_of
from pcv.stages.scoring.scenes import scene_clips
from pcv.stages.scoring.seen import Seen
from pcv.stages.tasks.task import Picture

PIXELS = 240  # per side of a picture
MARGIN = 1.04  # width of a picture, as a multiple of the room's
UNKNOWN = (210, 210, 210)  # colour of points without a class
WRONG, RIGHT = (200, 30, 30), (225, 225, 225)  # colours of points
FRAME = np.zeros(1, np.int64)  # the only frame of a room
SeeRooms = Callable[[Objective, SceneDataset, EvalConfig], Iterator[tuple[int, Seen]]]


def draw_rooms(run: FinishedRun, see: SeeRooms, picture: Picture) -> dict[str, Any]:
    """Draw rooms with the classes of their points, one row per room.

    Args:
        run: A run that labels the points of rooms.
        see: Yields each room with the predictions for the points that the model sees.
        picture: What is drawn, and the file to write.

    Returns:
        JSON-able: the rooms, the share of labelled points that is right in each, the picture.

    Raises:
        InputError: The store holds no labelled rooms, no such room, or none that tests.
    """
    opened, recipe = run.open_store(picture.store), run.recipe
    names = class_names(opened, recipe)
    rooms = _rooms(opened, picture.scene, recipe)[: picture.most]
    objective = run.objective(len(names)).eval()
    clips = scene_clips(opened, np.array(rooms), recipe)
    seen = dict(see(objective, clips, recipe.eval))
    columns: dict[str, list[NDArray[np.uint8]]] = {}
    share, met = [], np.zeros(len(names), bool)
    for room in rooms:
        predicted = _predicted(seen[room], clips.nearest_kept(room))
        truth = _all(opened, room, "labels").astype(np.int64)
        known = truth >= 0
        right = predicted.label[known] == truth[known]
        share.append(float(right.mean()) if known.any() else None)
        met[np.unique(np.concatenate([predicted.label, truth[known]]))] = True
        for name, drawn in _pictures(opened, room, truth, predicted, len(names)).items():
            columns.setdefault(name, []).append(drawn)
    legend = [(names[i], class_colours(len(names))[i].tolist()) for i in np.flatnonzero(met)]
    write_columns(picture.path, [PictureColumn(*each) for each in columns.items()], legend=legend)
    return {
        "run": str(run.path),
        "rooms": [opened.videos.name[room] for room in rooms],
        "point_accuracy": share,
        "picture": str(picture.path),
    }


class _Predicted(NamedTuple):
    """The predictions for every stored point of a room."""

    label: NDArray[np.int64]  # (n,)
    number: NDArray[np.int64] | None = None  # (n,) object from 0, -1: none


def _predicted(seen: Seen, near: NDArray[np.int64]) -> _Predicted:
    """Return the predictions for all stored points: each takes those of its nearest seen point."""
    if seen.objects is None:
        return _Predicted(seen.label[near])
    number = np.full(len(seen.label), -1, np.int64)
    for rank, each in reversed(list(enumerate(seen.objects))):  # the most confident one wins
        number[each.mask] = rank
    return _Predicted(seen.label[near], number[near])


def _pictures(
    store: Store, room: int, truth: NDArray[np.int64], predicted: _Predicted, classes: int
) -> dict[str, NDArray[np.uint8]]:
    points = _all(store, room)
    metres = MARGIN * float(np.ptp(points, axis=0)[[0, 2]].max())
    wrong = np.where((predicted.label == truth)[:, None], RIGHT, WRONG)
    shown = {"colours": _all(store, room, "colour")} if "colour" in store.columns else {}
    shown |= {
        "truth": _coloured(truth, classes),
        "predicted": _coloured(predicted.label, classes),
        "wrong": np.where((truth >= 0)[:, None], wrong, UNKNOWN).astype(np.uint8),
    }
    if predicted.number is not None:
        for name, number in (
            ("objects", _all(store, room, "instances").astype(np.int64)),
            ("objects found", predicted.number),
        ):
            shown[name] = _coloured(number, int(number.max(initial=-1)) + 1)
    return {name: from_above(points, of, metres, PIXELS) for name, of in shown.items()}


def _coloured(number: NDArray[np.int64], count: int) -> NDArray[np.uint8]:  # (n,) -> (n, 3)
    """Return a colour for each of ``count`` numbers, and grey for -1."""
    return np.vstack([class_colours(count), UNKNOWN]).astype(np.uint8)[number]


def _rooms(store: Store, scene: str | None, recipe: Recipe) -> list[int]:
    if store.ordered is None or "labels" not in store.columns:
        raise InputError(f"{store.path}: holds no rooms with labels to show beside the predictions")
    if scene is None:
        rooms = [int(room) for room in split_of(store, recipe).test]
        if not rooms:
            raise InputError(f"{store.path}: no room tests; name one with --scene")
        return rooms
    if scene not in store.videos.name:
        known = ", ".join(store.videos.name[:10])
        raise InputError(f"{store.path}: no room {scene} (the first: {known})")
    return [store.videos.name.index(scene)]


def _all(store: Store, room: int, column: str = "") -> NDArray[Any]:
    count = int(store.videos.sizes[room])
    if column:
        return store.read_column(column, room, FRAME, count)[0]
    return store.read(room, FRAME, count)[0]
