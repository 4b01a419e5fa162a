"""Regions of scenes as clips of one frame: drawn to train, a partition of every scene to score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pcv.config import AugmentConfig, DataConfig
from pcv.data.augment import augment_points, turn_normals
from pcv.data.dataset import CACHE_BYTES, Clip, ClipDataset
from pcv.data.regions import Part, draw_region, parts_of, spaced
from pcv.data.store import Store
from pcv.errors import InputError

Arrays = dict[str, NDArray[np.generic]]


class SceneDataset(ClipDataset):
    """Regions of ``config.points`` points of the scenes of a store.

    With ``augment`` an epoch is ``config.region.per_scene`` regions a scene, drawn from
    ``default_rng([seed, epoch, index])``. Without it an item is a part of ``parts``: together they
    hold every point of a scene once as their own; ``index`` is -1 and the label is -1 where a
    point is there only to be seen. Takes what ``ClipDataset`` takes.

    Raises:
        InputError: More than one frame a clip, or a scene has fewer points than a region.
    """

    def __init__(
        self,
        store: Store,
        videos: Sequence[int] | NDArray[np.int64],
        config: DataConfig,
        *,
        augment: AugmentConfig | None = None,
        seed: int = 0,
        cache: bool = True,
    ) -> None:
        if config.frames != 1:
            raise InputError(f"{store.path}: scenes are one frame; set data.frames=1")
        self._parts: dict[int, list[Part]] = {}
        self._kept: dict[int, int] = {}
        self._held = 0
        super().__init__(store, videos, config, augment=augment, seed=seed, cache=cache)

    def _wanted(self) -> int:
        return 0  # scenes are kept one by one, as long as there is room

    def _clips(self) -> NDArray[np.int64]:  # (clips, 2): scene, which of its regions
        found = [np.empty((0, 2), np.int64)]
        for scene in map(int, self.rows):
            if self.augment is None:
                count = len(self.parts(scene))
            else:
                self._check_size(scene)
                count = self.config.region.per_scene
            found.append(np.stack([np.full(count, scene), np.arange(count)], 1))
        return np.concatenate(found)

    def __getitem__(self, key: tuple[int, int]) -> Clip:
        epoch, item = key
        scene, region = (int(value) for value in self.clips[item])
        rng = np.random.default_rng([self.seed, epoch, item])
        arrays = self.arrays(scene)
        points = np.asarray(arrays["points"], np.float32)
        if self.augment is None:
            index, own = self.parts(scene)[region]
        else:
            index = draw_region(points, self.config.points, self.config.region, rng)
            own = np.ones(len(index), bool)
        columns = {n: values[index][None] for n, values in arrays.items() if n != "points"}
        if "labels" in columns:
            columns["labels"] = np.where(own, columns["labels"], -1)
        columns["index"] = np.where(own, index, -1)[None]
        points = points[index][None]
        middle = self._centre(scene, points)
        clip, transform = self._changed(points - middle, columns, scene, rng)
        return clip._replace(views=self._views(scene, key, middle, transform))

    def _changed(
        self, points: NDArray[np.float32], columns: Arrays, scene: int, rng: np.random.Generator
    ) -> tuple[Clip, NDArray[np.float64]]:
        label, subject = int(self.store.videos.label[scene]), int(self.store.videos.subject[scene])
        scale = np.float32(self.config.scale)
        view, transform = None, np.eye(4)
        if "normals" in columns:
            columns["normals"] = columns["normals"].astype(np.float32) / 127
        if self.augment is not None:
            given = points
            changed = augment_points(given, rng, self.augment)
            points, kept, transform = changed
            if self.augment.two_views:
                view = augment_points(given, rng, self.augment).points * scale
            if kept is not None:
                columns = {name: values[:, kept] for name, values in columns.items()}
            if "normals" in columns:
                columns["normals"] = turn_normals(columns["normals"], changed.matrix)
        return Clip(points * scale, view, label, scene, subject, columns), transform

    def parts(self, scene: int) -> list[Part]:
        """Return how a scene is cut for scoring: each kept point is own in one part."""
        if scene not in self._parts:
            points = np.asarray(self.arrays(scene)["points"], np.float32)
            self._parts[scene] = parts_of(points, self.config.points)
        return self._parts[scene]

    def arrays(self, scene: int) -> Arrays:
        """Return points and columns that a scene is seen with: all, or those ``spacing`` apart."""
        if self._cache is not None and scene in self._cache:
            return self._cache[scene]
        store, frame = self.store, np.zeros(1, np.int64)
        kept = self.kept(scene)
        arrays: Arrays = {"points": store.read(scene, frame, kept)[0]}
        for name in self.columns:
            arrays[name] = store.read_column(name, scene, frame, kept)[0]
        size = sum(values.nbytes for values in arrays.values())
        if self._cache is not None and self._held + size <= CACHE_BYTES:
            self._held += size
            self._cache[scene] = arrays
        return arrays

    def kept(self, scene: int) -> int:
        """Return how many first points of a scene are used."""
        if scene not in self._kept:
            total = int(self.store.videos.sizes[scene])
            if self.config.spacing:
                head = min(total, self.store.ordered or total)
                points = self.store.read(scene, np.zeros(1, np.int64), head)[0]
                total = spaced(points, head, self.config.spacing)
            self._kept[scene] = total
        return self._kept[scene]

    def _check_size(self, scene: int) -> None:
        kept = self.kept(scene)
        if kept < self.config.points:
            apart = f" {self.config.spacing:g} m apart" if self.config.spacing else ""
            raise InputError(
                f"{self.store.path}: {self.store.videos.name[scene]} has {kept} points{apart}, "
                f"a region needs data.points={self.config.points}; lower it"
            )

    def __getstate__(self) -> dict[str, object]:
        return super().__getstate__() | {"_held": 0}


def open_clips(
    store: Store,
    videos: Sequence[int] | NDArray[np.int64],
    config: DataConfig,
    *,
    augment: AugmentConfig | None = None,
    seed: int = 0,
) -> ClipDataset:
    """Return clips of videos, or regions of scenes: whatever a store holds."""
    kind = ClipDataset if store.ordered is None else SceneDataset
    return kind(store, videos, config, augment=augment, seed=seed)
