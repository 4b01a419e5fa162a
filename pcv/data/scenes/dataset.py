"""Regions of scenes as clips of one frame: random ones to train, all of a scene to score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.config.data import AugmentConfig, DataConfig
from pcv.data.augment import augment_points, turn_normals
from pcv.data.dataset import CACHE_BYTES, Clip, ClipDataset
from pcv.data.kd_tree import nearest_points
from pcv.data.scenes.augment import augment_colour, deform
from pcv.data.scenes.labelled_points import find_labelled_points, read_labelled_points
from pcv.data.scenes.regions import Part, draw_region, parts_of, spaced
from pcv.data.store.store import Store
from pcv.errors import InputError

Arrays = dict[str, NDArray[np.generic]]


class SceneDataset(ClipDataset):
    """Regions of ``config.points`` points of the scenes of a store.

    With ``augment``, an epoch has ``config.region.per_scene`` regions per scene, drawn from
    ``default_rng([seed, epoch, index])``. Without it, an item is one of ``parts``: each point of a
    scene is a part's own exactly once; for a point that is only context, ``index`` and the label
    are -1. The arguments are those of ``ClipDataset``; ``videos`` (n,) are the scenes.

    Raises:
        InputError: The recipe asks for more than one frame per clip, or a scene that trains has
            fewer points than a region (without ``config.region.fill``).
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
        self._labelled: dict[int, NDArray[np.int64]] = {}
        self._lists: dict[str, NDArray[np.float64]] | None = None
        self._kept: dict[int, int] = {}
        self._held = 0
        super().__init__(store, videos, config, augment=augment, seed=seed, cache=cache)

    def _wanted(self) -> int:
        return 0  # scenes are kept one by one, as long as there is room

    def _clips(self) -> NDArray[np.int64]:  # (clips, 2): scene, which of its regions
        found = [np.empty((0, 2), np.int64)]
        if self.augment is not None and not self.config.region.fill:
            self._check_sizes()
        for scene in map(int, self.rows):
            drawn = self.augment is not None
            count = self.config.region.per_scene if drawn else len(self.parts(scene))
            found.append(np.stack([np.full(count, scene), np.arange(count)], 1))
        return np.concatenate(found)

    def __getitem__(self, key: tuple[int, int]) -> Clip:
        epoch, item = key
        scene, region = (int(value) for value in self.clips[item])
        rng = np.random.default_rng([self.seed, epoch, item])
        arrays = self.arrays(scene)
        points = np.asarray(arrays["points"], np.float32)
        if self.augment is None:
            part = self.parts(scene)[region]
        else:
            drawn = self._region(scene, points, rng)
            part = Part(drawn, np.ones(len(drawn), bool))
        index, own = self._filled(part)
        columns = {n: values[index][None] for n, values in arrays.items() if n != "points"}
        if "labels" in columns:
            marked = self.labelled(scene)
            known = own if marked is None else own & np.isin(index, marked)
            columns["labels"] = np.where(known, columns["labels"], np.int16(-1))
        columns["index"] = np.where(own, index, -1)[None]
        points = points[index][None]
        middle = self._centre(scene, points)
        clip, transform = self._changed(points - middle, columns, scene, rng)
        return clip._replace(views=self._views(scene, key, middle, transform))

    def _region(
        self, scene: int, points: NDArray[np.float32], rng: np.random.Generator
    ) -> NDArray[np.int64]:
        region, count = self.config.region, self.config.points
        if len(points) < count:
            count = max(1, round((region.share or 1) * len(points)))
        return draw_region(points, count, region, rng, self.labelled(scene))

    def _changed(
        self, points: NDArray[np.float32], columns: Arrays, scene: int, rng: np.random.Generator
    ) -> tuple[Clip, NDArray[np.float64]]:
        label, subject = int(self.store.videos.label[scene]), int(self.store.videos.subject[scene])
        scale = np.float32(self.config.scale)
        second, transform = None, np.eye(4)
        if "normals" in columns:
            columns["normals"] = columns["normals"].astype(np.float32) / 127
        if self.augment is not None:
            points, columns = self._deformed(points, columns, rng)
            given = points
            changed = augment_points(given, rng, self.augment)
            points, kept, transform = changed
            if self.augment.two_views:
                second = augment_points(given, rng, self.augment).points * scale
            if kept is not None:
                columns = {name: values[:, kept] for name, values in columns.items()}
            if "normals" in columns:
                columns["normals"] = turn_normals(columns["normals"], changed.matrix)
        return Clip(points * scale, second, label, scene, subject, columns), transform

    def _deformed(
        self, points: NDArray[np.float32], columns: Arrays, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], Arrays]:
        assert self.augment is not None
        normals = columns.get("normals")
        flat = None if normals is None else np.asarray(normals[0], np.float32)
        moved, turned = deform(points[0], flat, rng, self.augment.elastic)
        if turned is not None:
            columns["normals"] = turned[None]
        if "colour" in columns:
            colour = np.asarray(columns["colour"], np.uint8)
            columns["colour"] = augment_colour(colour, rng, self.augment.colour)
        return moved[None], columns

    def _filled(self, part: Part) -> Part:
        """Repeat the points of a part that is smaller than a clip; the repeated are context."""
        index = np.resize(part.rows, self.config.points)
        own = np.zeros(len(index), bool)
        own[: len(part.own)] = part.own
        return Part(index, own)

    def labelled(self, scene: int) -> NDArray[np.int64] | None:  # (n,)
        """Return the indices of the points that keep their label in training; None: all do.

        Raises:
            InputError: No point of the scene has a label.
        """
        wanted = self.config.labelled_points if self.augment else 0
        if not wanted:
            return None
        if scene not in self._labelled:
            self._labelled[scene] = self._drawn(scene, wanted)
        return self._labelled[scene]

    def _drawn(self, scene: int, wanted: int | str) -> NDArray[np.int64]:
        known = np.asarray(self.arrays(scene)["labels"], np.int64) >= 0
        found = self._listed(scene, wanted) if isinstance(wanted, str) else np.arange(len(known))
        found = found[known[found]]
        if not len(found):
            raise InputError(
                f"{self.store.path}: {self.store.videos.name[scene]} has no labelled point"
                + (f" that {wanted} lists" if isinstance(wanted, str) else "")
            )
        if isinstance(wanted, str):
            return found
        rng = np.random.default_rng([self.seed, 5, scene])
        return np.sort(rng.choice(found, min(wanted, len(found)), replace=False))

    def _listed(self, scene: int, file: str) -> NDArray[np.int64]:
        if self._lists is None:
            self._lists = read_labelled_points(Path(file))
        names = self.store.videos.name
        if missing := self._lists.keys() - {*names}:
            raise InputError(f"{file}: {self.store.path} has no scene {min(missing)[:80]}")
        if names[scene] not in self._lists:
            raise InputError(
                f"{file}: lists no point of {names[scene]}, which trains; list some, or name only "
                "listed scenes in train.scenes"
            )
        points = self.store.read(scene, np.zeros(1, np.int64), int(self.store.videos.sizes[scene]))
        listed = self._lists[names[scene]]
        if listed.ndim == 2:
            listed = listed - self.store.videos.origin[scene]
        try:
            return find_labelled_points(listed, points[0], self.kept(scene), self.config.spacing)
        except ValueError as error:
            raise InputError(f"{file}: {names[scene]}: {error}") from None

    def limits(self) -> dict[str, list[int]]:
        """Return which stored points of each scene keep their label, but no scene where all do."""
        found = {int(scene): self.labelled(int(scene)) for scene in self.rows}
        return {self.store.videos.name[s]: p.tolist() for s, p in found.items() if p is not None}

    def unlabelled(self) -> list[str]:
        """Return the names of the scenes that have no labelled point."""
        bare = []
        for scene in map(int, self.rows):
            total = int(self.store.videos.sizes[scene])
            labels = self.store.read_column("labels", scene, np.zeros(1, np.int64), total)
            if not (labels >= 0).any():
                bare.append(self.store.videos.name[scene])
        return bare

    def nearest_kept(self, scene: int) -> NDArray[np.int64]:  # (all points,)
        """Return for each stored point of a scene the nearest of the points that are used."""
        total, kept = int(self.store.videos.sizes[scene]), self.kept(scene)
        if kept == total:
            return np.arange(total)
        points = self.store.read(scene, np.zeros(1, np.int64), total)[0]
        near = np.arange(total)
        near[kept:] = nearest_points(points[:kept], points[kept:])[:, 0]
        return near

    def parts(self, scene: int) -> list[Part]:
        """Return how a scene is cut for scoring: each point used is one part's own."""
        if scene not in self._parts:
            points = np.asarray(self.arrays(scene)["points"], np.float32)
            self._parts[scene] = parts_of(points, self.config.points)
        return self._parts[scene]

    def arrays(self, scene: int) -> Arrays:
        """Return points (n, 3) and columns (n, ...) that are used: all, or ``spacing`` apart."""
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
        """Return how many points of a scene are used, the first ones."""
        if scene not in self._kept:
            total = int(self.store.videos.sizes[scene])
            if self.config.spacing:
                head = min(total, self.store.ordered or total)
                points = self.store.read(scene, np.zeros(1, np.int64), head)[0]
                total = spaced(points, head, self.config.spacing)
            self._kept[scene] = total
        return self._kept[scene]

    def _check_sizes(self) -> None:
        """Refuse scenes that are too small; name the smallest, so that one message is enough."""
        scene = min(map(int, self.rows), key=self.kept, default=None)
        if scene is None or (kept := self.kept(scene)) >= self.config.points:
            return
        apart = f" {self.config.spacing:g} m apart" if self.config.spacing else ""
        raise InputError(
            f"{self.store.path}: {self.store.videos.name[scene]} has {kept} points{apart}, a "
            f"region needs data.points={self.config.points}; lower it, or set data.region.fill=true"
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
    """Return clips of the given videos (n,), or regions of scenes if those are what a store holds.

    Raises:
        InputError: A key for scenes is set, but the store holds videos.
    """
    if store.ordered is not None:
        return SceneDataset(store, videos, config, augment=augment, seed=seed)
    plain = DataConfig()
    for key in ("spacing", "region", "labelled_points"):
        if getattr(config, key) != getattr(plain, key):
            raise InputError(f"{store.path}: holds videos; data.{key} is for scenes")
    for key in ("mix", "elastic", "colour"):
        if augment and getattr(augment, key) != getattr(AugmentConfig(), key):
            raise InputError(f"{store.path}: holds videos; augment.{key} is for scenes")
    return ClipDataset(store, videos, config, augment=augment, seed=seed)
