"""Posed depth images fused into one cloud: the mean point, colour and direction of each voxel."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pcv.clip import View
from pcv.kernels.voxels import HALF, SUMS, fuse_view, rehash

Value = TypeVar("Value", bound=np.generic)
EDGE = 0.05  # neighbours whose depths differ by a larger share lie on an edge: a depth is a guess


class Fused(NamedTuple):
    """What voxels hold, in the order in which they were first seen."""

    points: NDArray[np.float32]  # (n, 3) metres
    colour: NDArray[np.uint8]  # (n, 3)
    towards: NDArray[np.float32]  # (n, 3) mean unit vector to the cameras that saw it
    labels: NDArray[np.int16]  # (n,) most frequent class, -1 where none


class Fusion:
    """Voxels that views are added to, one by one.

    Args:
        size: Edge of a voxel, metres.
        far: Depth beyond this many metres is left out.
        classes: How many classes labels have, about: a larger label makes more room; 0 without
            labels.
    """

    def __init__(self, size: float, far: float = np.inf, classes: int = 0) -> None:
        self.size, self.far = size, far
        self.used = 0
        self.keys = np.empty(0, np.int64)
        self.sums = np.empty((0, SUMS))
        self.votes = np.zeros((0, classes), np.int32)
        self.table = np.full(2, -1, np.int64)

    def add(self, view: View, labels: NDArray[np.int16] | None = None) -> None:
        """Add every pixel of a view that has a depth.

        Args:
            view: A view whose ``world_to_camera`` is rigid.
            labels: (H, W) class, or other number, of each pixel, -1 where none.

        Raises:
            ValueError: The view reaches farther from the origin than voxels can be told apart.
        """
        pose = np.linalg.inv(view.world_to_camera)
        reach = np.abs(pose[:3, 3]).max() + 2 * min(self.far, 65535 * view.unit)
        if reach > self.size * HALF:
            raise ValueError(f"lies {np.abs(pose[:3, 3]).max():.0f} m from the origin")
        self._make_room(view.depth.size)
        if labels is not None and labels.size:
            self._widen(int(labels.max()) + 1)
        k = view.intrinsics
        self.used = fuse_view(
            np.ascontiguousarray(view.depth),
            np.ascontiguousarray(view.colour),
            np.empty((0, 0), np.int16) if labels is None else labels,
            np.array([k[0, 0], k[1, 1], k[0, 2], k[1, 2]]),
            np.ascontiguousarray(pose),
            np.array([view.unit, self.size, self.far, EDGE]),
            self.table,
            self.keys,
            self.sums,
            self.votes,
            self.used,
        )

    def result(self) -> Fused:
        """Return the voxels; there are none if no pixel had a depth."""
        sums, count = self.sums[: self.used], self.sums[: self.used, 9:]
        towards = sums[:, 6:9] / np.maximum(np.linalg.norm(sums[:, 6:9], axis=1), 1e-12)[:, None]
        votes, labels = self.counts(), np.full(self.used, -1, np.int16)
        if votes.shape[1]:
            labels = np.where(votes.any(1), votes.argmax(1), -1).astype(np.int16)
        return Fused(
            (sums[:, :3] / count).astype(np.float32),
            np.round(sums[:, 3:6] / count).astype(np.uint8),
            towards.astype(np.float32),
            labels,
        )

    def counts(self) -> NDArray[np.int32]:  # (n, classes)
        """Return how many pixels had which label; the rows are the voxels of ``result``."""
        return self.votes[: self.used]

    def _widen(self, wanted: int) -> None:
        if wanted > self.votes.shape[1]:
            wider = np.zeros((len(self.votes), max(wanted, 2 * self.votes.shape[1])), np.int32)
            wider[:, : self.votes.shape[1]] = self.votes
            self.votes = wider

    def _make_room(self, pixels: int) -> None:
        wanted = self.used + pixels
        if wanted > len(self.keys):
            size = max(wanted, 2 * len(self.keys))
            self.keys = _longer(self.keys, size)
            self.sums = _longer(self.sums, size)
            self.votes = _longer(self.votes, size)
        if 2 * wanted > len(self.table):
            self.table = np.full(1 << (2 * wanted).bit_length(), -1, np.int64)
            rehash(self.table, self.keys, self.used)


def _longer(array: NDArray[Value], size: int) -> NDArray[Value]:
    longer = np.zeros((size, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer
