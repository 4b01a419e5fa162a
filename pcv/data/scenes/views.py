"""Which posed images a clip carries, at which size, and their poses to match its points."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.config.data import DataConfig
from pcv.data.resize import scale_intrinsics, shrink_colour, shrink_depth
from pcv.data.scenes.teacher_features import TeacherFeatures
from pcv.data.store.store import Store
from pcv.data.store.views import StoredViews
from pcv.errors import StoreError

CACHE_BYTES = 1 << 30  # resized images kept in memory when they all fit
VIEWS_STREAM = 1 << 30  # added to (seed, epoch, index): views never change what else is drawn


class ClipViews(NamedTuple):
    """The V views of one clip; see ``pcv.clip.Views``."""

    colour: NDArray[np.float32]  # (V, H, W, 3)
    depth: NDArray[np.float32]  # (V, H, W)
    intrinsics: NDArray[np.float32]  # (V, 3, 3)
    world_to_camera: NDArray[np.float32]  # (V, 4, 4)
    frame: NDArray[np.int64]  # (V,)
    feature: NDArray[np.float32] | None = None  # (V, h, w, D) of ``data.teacher``


class _Image(NamedTuple):
    """One view at the size asked for."""

    colour: NDArray[np.uint8]  # (H, W, 3)
    depth: NDArray[np.uint16]  # (H, W)
    intrinsics: NDArray[np.float64]  # (3, 3)
    pose: NDArray[np.float64]  # (4, 4) world to camera
    frame: int


class ViewSource:
    """Draws and reads the views of clips.

    A clip has ``data.views`` views. In training they are random ones of those that are not held
    out; else they are evenly spaced among those held out, or among all where none is. Where there
    are fewer, they are repeated.

    Args:
        store: The open store.
        config: Its ``views``, ``image``, ``held_out_views`` and ``teacher`` are used.
        training: Whether to draw at random, and only from views that are not held out.
        seed: The run's seed.
        cache: Whether to keep resized images in memory, if they all fit.

    Raises:
        StoreError: The store has no views, has smaller ones, or holds out other ones.
    """

    def __init__(
        self, store: Store, config: DataConfig, *, training: bool, seed: int, cache: bool = True
    ) -> None:
        if store.views is None:
            raise StoreError(
                f"{store.path}: holds no posed images; set data.views to 0, or prepare rgbd"
            )
        self.stored: StoredViews = store.views
        self.name, self.videos = store.path, store.videos.name
        self.count, self.training, self.seed = config.views, training, seed
        self.size = config.image or self.stored.size
        self.every = _agree(store, self.stored, config)
        self.teacher = TeacherFeatures(Path(config.teacher)) if config.teacher else None
        pixels = math.prod(self.size) * int(self.stored.count.sum())
        self._cache: dict[tuple[int, int], _Image] | None = None
        if cache and pixels * 5 <= CACHE_BYTES:
            self._cache = {}

    def choose(self, video: int, epoch: int, index: int) -> NDArray[np.int64]:  # (V,)
        """Return the numbers of the views of a clip.

        Raises:
            StoreError: The video has no view that may be shown.
        """
        numbers = self.stored.numbers(video, held_out=not self.training, every=self.every)
        if not self.training and not len(numbers):
            numbers = self.stored.numbers(video, held_out=False, every=self.every)
        if not len(numbers):
            raise StoreError(f"{self.name}: {self.videos[video]} has no view that may be shown")
        if not self.training:
            chosen = (np.arange(self.count) + 0.5) * len(numbers) / self.count
            return numbers[chosen.astype(np.int64)]
        rng = np.random.default_rng([self.seed, epoch, index, VIEWS_STREAM])
        return rng.choice(numbers, self.count, replace=len(numbers) < self.count)

    def read(
        self,
        video: int,
        numbers: NDArray[np.int64],
        transform: NDArray[np.float64],
    ) -> ClipViews:
        """Read views, and fold into their poses what was done to the points.

        Args:
            video: Row of the video table.
            numbers: (V,) numbers of the views.
            transform: (4, 4) from the recording's metres to the clip's points.

        Raises:
            StoreError: A shard is damaged.
        """
        images = [self._image(video, int(number)) for number in numbers]
        poses = np.stack([image.pose for image in images]) @ np.linalg.inv(transform)
        unit = np.float32(self.stored.unit[video])
        frames = np.array([image.frame for image in images], np.int64)
        return ClipViews(
            np.stack([image.colour for image in images]).astype(np.float32) / np.float32(255),
            np.stack([image.depth for image in images]).astype(np.float32) * unit,
            np.stack([image.intrinsics for image in images]).astype(np.float32),
            poses.astype(np.float32),
            frames,
            None if self.teacher is None else self.teacher.read(self.videos[video], frames),
        )

    def _image(self, video: int, number: int) -> _Image:
        if self._cache is not None and (video, number) in self._cache:
            return self._cache[video, number]
        found = self.stored.read(video, np.array([number]))
        colour, depth, camera = found.colour[0], found.depth[0], found.camera[0]
        if self.size != self.stored.size:
            colour = np.round(shrink_colour(colour, self.size)).astype(np.uint8)
            depth = shrink_depth(depth, self.size)
            camera = scale_intrinsics(camera, self.stored.size, self.size)
        image = _Image(colour, depth, camera, found.pose[0], int(found.frame[0, 0]))
        if self._cache is not None:
            self._cache[video, number] = image
        return image

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_cache": None if self._cache is None else {}}


def _agree(store: Store, stored: StoredViews, config: DataConfig) -> int:
    """Check what a recipe asks for, and return of how many views one is held out; 0: none is."""
    asked, kept = config.held_out_views, stored.held_out
    if asked and kept and asked != kept:
        raise StoreError(
            f"{store.path}: every {kept}th view added nothing to its points; "
            f"set data.held_out_views to {kept} or 0, found {asked}"
        )
    if config.image and (config.image[0] > stored.size[0] or config.image[1] > stored.size[1]):
        raise StoreError(
            f"{store.path}: images of {stored.size[0]} rows x {stored.size[1]} columns, data.image "
            f"asks for {config.image[0]} x {config.image[1]}; prepare again or lower it"
        )
    return asked or kept


def fold(
    origin: NDArray[np.float64],  # (3,) metres, subtracted from the recording's points
    changed: NDArray[np.float64],  # (4, 4) what augmentation did then
    scale: float,
) -> NDArray[np.float64]:  # (4, 4)
    """Return the matrix that leads from the recording's metres to a clip's points."""
    centred = np.eye(4)
    centred[:3, 3] = -origin
    unit = np.diag([scale, scale, scale, 1.0])
    whole: NDArray[np.float64] = unit @ changed @ centred
    return whole
