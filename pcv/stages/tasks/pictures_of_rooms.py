"""``pcv view`` of a run that labels rooms: colours, truth and prediction, seen from above."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.config.recipe import Recipe
from pcv.data.files.labelled_ply import class_colours
from pcv.data.store.store import Store, open_store
from pcv.errors import InputError
from pcv.objectives import SceneInstances, SceneSegment
from pcv.report.pictures import PictureColumn, from_above, write_columns
from pcv.stages.job import load_run
from pcv.stages.scoring.instances import find_objects
from pcv.stages.scoring.scenes import scene_clips
from pcv.stages.scoring.score import class_names, split_of
from pcv.stages.scoring.voting import vote
from pcv.stages.scoring.whole_scenes import label_scenes
from pcv.train.device import device_of, to_device

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
        InputError: No such room, none that tests, or the store holds none.
    """
    opened = open_store(store, recipe.data.dataset)
    names = class_names(opened, recipe)
    rooms = _rooms(opened, scene, recipe)[:most]
    objective = load_run(run, recipe, len(names)).eval()
    assert isinstance(objective, SceneSegment | SceneInstances)
    columns: dict[str, list[NDArray[np.uint8]]] = {}
    share, met = [], np.zeros(len(names), bool)
    for room, told in zip(rooms, _told(objective, opened, rooms, recipe), strict=True):
        truth = _all(opened, room, "labels").astype(np.int64)
        known = truth >= 0
        right = told.label[known] == truth[known]
        share.append(float(right.mean()) if known.any() else None)
        met[np.unique(np.concatenate([told.label, truth[known]]))] = True
        for name, picture in _pictures(opened, room, truth, told, len(names)).items():
            columns.setdefault(name, []).append(picture)
    legend = [(names[i], class_colours(len(names))[i].tolist()) for i in np.flatnonzero(met)]
    write_columns(out, [PictureColumn(*each) for each in columns.items()], legend=legend)
    return {
        "run": str(run),
        "rooms": [opened.videos.name[room] for room in rooms],
        "point_accuracy": share,
        "picture": str(out),
    }


class _Told(NamedTuple):
    """What is predicted of every stored point of a room."""

    label: NDArray[np.int64]  # (n,)
    number: NDArray[np.int64] | None = None  # (n,) object from 0, -1: none


def _pictures(
    store: Store, room: int, truth: NDArray[np.int64], told: _Told, classes: int
) -> dict[str, NDArray[np.uint8]]:
    points = _all(store, room)
    metres = MARGIN * float(np.ptp(points, axis=0)[[0, 2]].max())
    wrong = np.where((told.label == truth)[:, None], RIGHT, WRONG)
    shown = {"colours": _all(store, room, "colour")} if "colour" in store.columns else {}
    shown |= {
        "truth": _coloured(truth, classes),
        "predicted": _coloured(told.label, classes),
        "wrong": np.where((truth >= 0)[:, None], wrong, UNKNOWN).astype(np.uint8),
    }
    if told.number is not None:
        for name, number in (
            ("objects", _all(store, room, "instances").astype(np.int64)),
            ("objects found", told.number),
        ):
            shown[name] = _coloured(number, int(number.max(initial=-1)) + 1)
    return {name: from_above(points, of, metres, PIXELS) for name, of in shown.items()}


def _coloured(number: NDArray[np.int64], count: int) -> NDArray[np.uint8]:  # (n,) -> (n, 3)
    """Give each of ``count`` numbers a colour, and -1 grey."""
    return np.vstack([class_colours(count), UNKNOWN]).astype(np.uint8)[number]


def _rooms(store: Store, scene: str | None, recipe: Recipe) -> list[int]:
    if store.ordered is None or "labels" not in store.columns:
        raise InputError(f"{store.path}: holds no rooms with labels, which are shown beside")
    if scene is None:
        rooms = [int(room) for room in split_of(store, recipe).test]
        if not rooms:
            raise InputError(f"{store.path}: no room tests; name one with --scene")
        return rooms
    if scene not in store.videos.name:
        known = ", ".join(store.videos.name[:10])
        raise InputError(f"{store.path}: no room {scene} (the first: {known})")
    return [store.videos.name.index(scene)]


def _told(
    objective: SceneSegment | SceneInstances, store: Store, rooms: list[int], recipe: Recipe
) -> list[_Told]:
    clips = scene_clips(store, np.array(rooms), recipe)
    if isinstance(objective, SceneInstances):
        told: dict[int, _Told] = {}
        for room, share, proposals in find_objects(objective, clips):
            number = np.full(len(share), -1, np.int64)
            for rank, each in reversed(list(enumerate(proposals))):  # the most confident last
                number[each.mask] = rank
            near = clips.nearest_kept(room)
            told[room] = _Told(share.argmax(1).numpy()[near], number[near])
        return [told[room] for room in rooms]
    device, label = device_of(objective), vote(objective.scores, recipe.eval)
    found = dict(label_scenes(lambda batch: label(to_device(batch, device)), clips))
    return [_Told(found[room][clips.nearest_kept(room)]) for room in rooms]


def _all(store: Store, room: int, column: str = "") -> NDArray[Any]:
    count = int(store.videos.sizes[room])
    if column:
        return store.read_column(column, room, FRAME, count)[0]
    return store.read(room, FRAME, count)[0]
