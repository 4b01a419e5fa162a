"""The classes of all points of a room, and its objects if the model tells them, as a PLY file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcv.config.data import DataConfig
from pcv.config.scoring import EvalConfig
from pcv.data.files.labelled_ply import LabelledCloud, write_labelled
from pcv.data.memory_store import INDEX, MemoryStore
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.store.store import Store
from pcv.errors import RawFileError
from pcv.evaluate.instances import Proposal
from pcv.objectives import Supervised
from pcv.progress import Advance
from pcv.stages.prediction.placing import put_back
from pcv.stages.pretrained import Pretrained
from pcv.stages.scoring.seen import Parts, Seen

# Yields each room with the predictions for the points that the model sees.
See = Callable[[Supervised, SceneDataset, EvalConfig, Parts], Iterator[tuple[int, Seen]]]


def label_room(
    model: Pretrained,
    store: Store,
    row: int,
    path: Path,
    advance: Callable[[int, int], None],
    *,
    see: See,
) -> dict[str, Any]:
    """Label every point of a room once, as scoring does, and write the room.

    The model does not see points that are nearer to others than ``data.spacing``. Each of them
    takes the class of the nearest point that the model sees.

    Args:
        model: A model that was finetuned on rooms.
        store: The store that holds the room.
        row: The row of the room in the store's table.
        path: The path of the PLY file. Its points are in the order of the raw file, or in that of
            the store if the room comes from a store.
        advance: Called with the number of regions that are done and of all regions.
        see: Yields each room with the predictions for the points that the model sees.

    Returns:
        JSON-able: points, those seen, points_a_class, the mean score of a point, the file, and if
        the model tells objects the class, score and number of points of each.

    Raises:
        RawFileError: The room has fewer points than a region.
    """
    clips = SceneDataset(store, [row], room_data(model))
    _check_size(model, store, row, clips.kept(row))
    count = Advance(lambda done, total, text: advance(done, total), len(clips))
    ((_, seen),) = see(model.supervised, clips, model.recipe.eval, count)
    near, names = clips.nearest_kept(row), list(model.config.class_names)
    objects = None if seen.objects is None else _Objects(seen.objects, near, names)
    cloud = _in_raw_order(
        store,
        LabelledCloud(
            store.placed(row, 0, len(near)),
            seen.label[near],
            seen.share[near],
            np.arange(len(near)) >= len(seen.label),
            None if objects is None else objects.number,
        ),
    )
    cloud = cloud._replace(points=put_back(store, row, cloud.points))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_labelled(path, cloud, names, store.attributes["axes"])
    counts = np.bincount(cloud.label, minlength=len(names)).tolist()
    return {
        "frames": 1,
        "points": len(near),
        "seen": len(seen.label),
        "points_a_class": dict(zip(names, counts, strict=True)),
        "score": float(cloud.score.mean(dtype=np.float64)),
        "files": str(path),
        **({} if objects is None else {"objects": objects.rows}),
    }


def room_data(model: Pretrained) -> DataConfig:
    """Return how the rooms of a model are cut, with only those columns that the model reads."""
    wanted = {"colour": "colour" in model.columns, "normals": "normals" in model.columns}
    spare = {"instances": False, "views": 0, "teacher": None, "labelled_points": 0}
    return model.recipe.data.model_copy(update=wanted | spare)


def _check_size(model: Pretrained, store: Store, row: int, kept: int) -> None:
    data = model.recipe.data
    if kept < data.points and not data.region.fill:
        apart = f" {data.spacing:g} m apart" if data.spacing else ""
        raise RawFileError(
            store.path,
            f"{store.videos.name[row]} has {kept} points{apart}, but the model reads regions of "
            f"{data.points}",
            "is its unit the metre? (else give --read unit=0.001 or the like)",
        )


class _Objects:
    """The objects of a room: the object of every point, and a row of facts on each object.

    A point of several objects belongs to the most confident one. An object that is left without
    points is left out.
    """

    def __init__(
        self, found: list[Proposal], near: NDArray[np.int64], class_names: list[str]
    ) -> None:
        self.number = np.full(len(near), -1, np.int64)
        self.rows: list[dict[str, Any]] = []
        for each in found:
            own = each.mask[near] & (self.number < 0)
            if own.any():
                self.number[own] = len(self.rows)
                kind = {"class": class_names[each.label], "score": each.confidence}
                self.rows.append(kind | {"points": int(own.sum())})


def _in_raw_order(store: Store, cloud: LabelledCloud) -> LabelledCloud:
    """Put a raw room into the order of its file, with its unrounded positions."""
    if not isinstance(store, MemoryStore):
        return cloud
    (order,) = store.read_column(INDEX, 0, np.zeros(1, np.int64), len(cloud.points))
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    parts = [None if part is None else part[back] for part in cloud[1:]]
    return LabelledCloud(store.video.frames[0], *parts)  # type: ignore[arg-type]  # one is optional
