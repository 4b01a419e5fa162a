"""Clips as a torch dataset: the same clip comes out whatever the number of workers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from copy import copy
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from pcv.clip import ClipBatch, Views
from pcv.config.data import AugmentConfig, DataConfig
from pcv.data.augment import augment, augment_points, turn_normals
from pcv.data.sampling import sample_index, take
from pcv.data.scenes.views import ClipViews, ViewSource, fold
from pcv.data.store.store import Store
from pcv.data.windows import clip_frames, clip_span, clip_starts, spread_starts

CACHE_BYTES = 2 << 30  # decoded points kept in memory when they all fit
SPARE = 2  # stored points that training draws from, per point of a clip


class Clip(NamedTuple):
    """One item, before batching."""

    points: NDArray[np.float32]
    second: NDArray[np.float32] | None  # the same points under a second augmentation
    label: int
    video: int
    subject: int
    columns: dict[str, NDArray[np.generic]]  # name: (T, N, ...), as the recipe asks
    views: ClipViews | None = None  # posed images of ``points``


class ClipDataset(Dataset[Clip]):
    """Clips of some videos of a store.

    An item is indexed by (epoch, index), so that its random numbers depend on nothing else.
    Training clips draw their points, start and augmentation from
    ``default_rng([seed, epoch, index])``; without ``augment`` a clip is the stored prefix, or one
    of its random draws, the same every time.

    Args:
        store: The open store.
        videos: (n,) rows of its video table.
        config: How clips are cut.
        augment: How training changes clips; None: for evaluation.
        seed: The run's seed.
        cache: Whether to keep decoded points in memory, if they all fit.
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
        self.store, self.config, self.augment, self.seed = store, config, augment, seed
        self.rows, self.draw = np.asarray(videos, np.int64), 0
        self.stored = min(store.points, config.points * (SPARE if augment else 1))
        asked = ("labels", *(n for n in ("colour", "normals", "instances") if getattr(config, n)))
        self.columns = [name for name in asked if name in store.columns]
        self._cache: dict[int, dict[str, NDArray[np.generic]]] | None = None
        if cache and self._wanted() <= CACHE_BYTES:
            self._cache = {}
        self.views: ViewSource | None = None
        if config.views:
            training = augment is not None
            self.views = ViewSource(store, config, training=training, seed=seed, cache=cache)
        self.clips = self._clips()

    def cut_again(self, config: DataConfig, draw: int) -> ClipDataset:
        """Return clips for evaluation of the same videos, cut otherwise.

        Args:
            config: How they are cut.
            draw: Which random draw of points is read, from 1; 0: the stored prefix. It depends on
                this number and on a clip's start alone, so that a recording is read alike in any
                store and without one.
        """
        other = copy(self)
        other.config, other.augment, other.draw = config, None, draw
        other.stored = min(self.store.points, config.points * (SPARE if draw else 1))
        if other.stored != self.stored:
            other._cache = {} if other._wanted() <= CACHE_BYTES else None
        other.clips = other._clips()
        return other

    def _wanted(self) -> int:
        """Return the bytes of everything that clips are cut from."""
        store = self.store
        kinds = [store.reader, *(store.columns[name] for name in self.columns)]
        bytes_per_point = sum(k.dtype.itemsize * math.prod(k.shape[2:]) for k in kinds)
        return int(store.videos.length[self.rows].sum()) * self.stored * bytes_per_point

    def _clips(self) -> NDArray[np.int64]:  # (clips, 2): video, start (-1: drawn)
        config = self.config
        found = [np.empty((0, 2), np.int64)]
        for video in self.rows:
            length = int(self.store.videos.length[video])
            starts = clip_starts(
                length, config.frames, config.interval, config.clip_stride, config.short
            )
            if self.augment is None:
                starts = spread_starts(starts, config.eval_clips)
            elif config.epoch == "videos":
                starts = np.full(min(len(starts), 1), -1, np.int64)
            found.append(np.stack([np.full(len(starts), video), starts], 1))
        return np.concatenate(found)

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, key: tuple[int, int]) -> Clip:
        epoch, index = key
        video, start = (int(value) for value in self.clips[index])
        length = int(self.store.videos.length[video])
        config = self.config
        rng = np.random.default_rng([self.seed, epoch, index])
        interval = config.interval
        if self.augment and self.augment.intervals:
            interval = int(rng.choice(self.augment.intervals))
        room = max(0, length - clip_span(config.frames, interval))
        if self.augment:  # with another interval other starts fit
            start = int(rng.integers(0, room + 1)) if start < 0 else min(start, room)
        points, columns = self._read(video, clip_frames(start, config.frames, interval, length))
        middle = self._centre(video, points)
        points = points - middle
        if "normals" in columns:
            columns["normals"] = columns["normals"].astype(np.float32) / 127
        label = int(self.store.videos.label[video])
        subject = int(self.store.videos.subject[video])
        scale = np.float32(config.scale)
        if self.augment is None:
            if self.draw:
                rng = np.random.default_rng([self.draw, start])
                drawn = sample_index(len(points), self.stored, config.points, rng)
                points = take(points, drawn)
                columns = {name: take(values, drawn) for name, values in columns.items()}
            views = self._views(video, key, middle, np.eye(4))
            return Clip(points * scale, None, label, video, subject, columns, views)
        drawn = sample_index(len(points), self.stored, config.points, rng)
        points = take(points, drawn)
        changed = augment_points(points, rng, self.augment)
        first, kept, transform = changed
        second = augment(points, rng, self.augment) * scale if self.augment.two_views else None
        for name, values in columns.items():
            sampled = take(values, drawn)
            columns[name] = sampled if kept is None else sampled[:, kept]
        if "normals" in columns:
            columns["normals"] = turn_normals(columns["normals"], changed.matrix)
        views = self._views(video, key, middle, transform)
        return Clip(first * scale, second, label, video, subject, columns, views)

    def _views(
        self,
        video: int,
        key: tuple[int, int],
        middle: NDArray[np.float32],
        transform: NDArray[np.float64],
    ) -> ClipViews | None:
        if self.views is None:
            return None
        whole = fold(self.store.videos.origin[video] + middle, transform, self.config.scale)
        return self.views.read(video, self.views.choose(video, *key), whole)

    def _read(
        self, video: int, frames: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], dict[str, NDArray[np.generic]]]:
        store = self.store
        if self._cache is None:
            columns = {n: store.read_column(n, video, frames, self.stored) for n in self.columns}
            return store.read(video, frames, self.stored), columns
        if video not in self._cache:
            rows = store.videos.offset[video] + np.arange(store.videos.length[video])
            readers = {"points": store.reader} | {n: store.columns[n] for n in self.columns}
            self._cache[video] = {n: r.read(rows, self.stored) for n, r in readers.items()}
        cached = self._cache[video]
        columns = {name: cached[name][frames] for name in self.columns}
        return store.to_metres(cached["points"][frames]), columns

    def _centre(self, video: int, points: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.config.centre == "clip":
            return points.mean((0, 1), dtype=np.float64).astype(np.float32)
        where = self.store.videos.centroid[video]
        if self.config.centre == "none":
            where = -self.store.videos.origin[video]
        return where.astype(np.float32)

    def __getstate__(self) -> dict[str, object]:
        cached: dict[int, object] | None = None if self._cache is None else {}
        return self.__dict__ | {"_cache": cached}


class _Batches:
    """Batches of (epoch, index) keys, from some step of the epoch on."""

    def __init__(self, keys: list[list[tuple[int, int]]]) -> None:
        self.keys = keys

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)


def training_batches(
    dataset: ClipDataset, *, batch: int, epoch: int, first: int = 0, workers: int = 0
) -> DataLoader[ClipBatch]:
    """Batch one epoch in an order drawn from the seed and the epoch; a partial batch is left out.

    Args:
        dataset: Training clips.
        batch: Clips per batch; an epoch of fewer clips is one smaller batch.
        epoch: The number of the epoch, from 0.
        first: How many batches a resumed run skips.
        workers: Processes that load clips; forked ones would clash with Numba's threads, so a
            server starts them.
    """
    size = min(batch, len(dataset))
    order = np.random.default_rng([dataset.seed, epoch, 1 << 31]).permutation(len(dataset))
    keys = [
        [(epoch, int(i)) for i in order[s : s + size]]
        for s in range(0, len(order) - size + 1, size)
    ]
    return _loader(dataset, keys[first:], workers)


def evaluation_batches(
    dataset: ClipDataset, *, batch: int, workers: int = 0
) -> DataLoader[ClipBatch]:
    """Batch every clip once, in order."""
    keys = [
        [(0, i) for i in range(s, min(s + batch, len(dataset)))]
        for s in range(0, len(dataset), batch)
    ]
    return _loader(dataset, keys, workers)


def steps_per_epoch(dataset: ClipDataset, batch: int) -> int:
    """Return how many batches ``training_batches`` yields for an epoch."""
    return len(dataset) // min(batch, len(dataset))


def _loader(
    dataset: ClipDataset, keys: list[list[tuple[int, int]]], workers: int
) -> DataLoader[ClipBatch]:
    # Keys are pairs and items are collated, which DataLoader's types cannot say.
    return DataLoader(
        cast("Dataset[ClipBatch]", dataset),
        batch_sampler=cast("Sampler[list[int]]", _Batches(keys)),
        collate_fn=collate,
        num_workers=workers,
        multiprocessing_context="forkserver" if workers else None,
    )


def collate(clips: list[Clip]) -> ClipBatch:
    """Stack clips into a batch."""
    seconds = [clip.second for clip in clips if clip.second is not None]

    def column(name: str) -> Tensor | None:
        values = [clip.columns[name] for clip in clips if name in clip.columns]
        return torch.from_numpy(np.stack(values)) if values else None

    labels, instances, index = column("labels"), column("instances"), column("index")
    return ClipBatch(
        torch.from_numpy(np.stack([clip.points for clip in clips])),
        torch.tensor([clip.label for clip in clips]),
        torch.tensor([clip.video for clip in clips]),
        torch.from_numpy(np.stack(seconds)) if seconds else None,
        torch.tensor([clip.subject for clip in clips]),
        None if labels is None else labels.long(),
        column("colour"),
        column("normals"),
        None if instances is None else instances.long(),
        batch_views([clip.views for clip in clips if clip.views is not None]),
        index,
    )


def batch_views(views: list[ClipViews]) -> Views | None:
    """Stack the views of clips; return None where there are none."""
    if not views:
        return None
    parts = {
        name: torch.from_numpy(np.stack([getattr(each, name) for each in views]))
        for name in ClipViews._fields
        if getattr(views[0], name) is not None
    }
    return Views(**parts)
