"""The values that stages hand each other.

Letters in shapes, the same everywhere: B clips, S segments, T frames, N points per frame, M anchors
per frame, K neighbours per anchor, C channels, L superpoint frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

IGNORED = -1  # label of points that are neither learned from nor scored


class VideoSource(NamedTuple):
    """One raw recording that a reader found, before any of it is read."""

    path: Path
    name: str
    label: int  # from 0; -1 where unknown
    subject: int
    camera: int
    split: str  # "train", "validation" or "test"
    span: tuple[int, int] | None = None  # the first frame and the one after the last; None: all
    files: tuple[Path, ...] = ()  # the files to read, in order; empty: ``path`` itself


class Column(NamedTuple):
    """What a store keeps for every point besides its position."""

    dtype: str
    shape: tuple[int, ...] = ()  # of the value of one point
    padding: int | None = None  # value of repeated points; None: as the original's


LABELS = Column("int16", (), -1)  # class of a point from 0; -1: none, or ignored
COLOUR = Column("uint8", (3,))  # red, green, blue
NORMALS = Column("int8", (3,))  # unit normal times 127; zeros where unknown
INSTANCES = Column("int16", (), -1)  # object of a point from 0; -1: none
# The column of a store, and the key of ``data``, that holds what an encoder reads by this name.
CHANNEL_COLUMNS = {"colour": "colour", "normal": "normals"}


class View(NamedTuple):
    """One posed image of a recording, as it is stored.

    A pixel is the square from (column, row) to (column + 1, row + 1) and its centre lies at +0.5,
    as in gsplat: in camera coordinates, the point (x, y, z) falls on
    ``fx x / z + cx, fy y / z + cy``.
    """

    frame: int  # number of the frame in the recording
    colour: NDArray[np.uint8]  # (H, W, 3)
    depth: NDArray[np.uint16]  # (H, W) in units of ``unit``; 0: none
    intrinsics: NDArray[np.float64]  # (3, 3), pixels
    world_to_camera: NDArray[np.float64]  # (4, 4) from the points; x right, y down, z forward
    unit: float = 0.001  # metres per unit of depth


class Video(NamedTuple):
    """One recording as points."""

    source: VideoSource
    frames: Sequence[NDArray[np.float32]]  # T arrays (N_t, 3), metres; N_t may be 0
    columns: Mapping[str, Sequence[NDArray[np.generic]]] | None = None  # each T arrays (N_t, ...)
    views: Sequence[View] | None = None  # posed images of what the points show
    left_out: tuple[str, ...] = ()  # what could not be used, was ignored or mended, one line each
    # (3,) metres that were subtracted from all points, which lay far from zero; None: none were.
    shift: NDArray[np.float64] | None = None


class Views(NamedTuple):
    """V posed images per clip of what the points show; a camera looks along +z, with y down.

    Every scaling, turn, reflection and shift of the points is folded into ``world_to_camera``, so
    that the camera's space stays metric: its z, and so ``depth``, is in metres whatever the unit of
    the points is. Where the points were scaled or mirrored, the 3 x 3 part is not a rotation.
    """

    colour: Tensor  # (B, V, H, W, 3) float32, 0 to 1
    depth: Tensor  # (B, V, H, W) float32 metres along the camera's z; 0: none
    intrinsics: Tensor  # (B, V, 3, 3) float32, pixels; a pixel's centre lies at +0.5
    world_to_camera: Tensor  # (B, V, 4, 4) float32, from the points as the batch holds them
    frame: Tensor | None = None  # (B, V) int64: the frame of the recording that each view shows
    feature: Tensor | None = None  # (B, V, h, w, D) features from a 2D model


class ClipBatch(NamedTuple):
    """Clips of equal length with the same number of points in every frame."""

    points: Tensor  # (B, T, N, 3) float32, in the unit the recipe's scale gives
    label: Tensor  # (B,) int64, -1 where unknown
    video: Tensor  # (B,) int64, row of the store's video table
    second: Tensor | None = None  # (B, T, N, 3): the same points under a second augmentation
    subject: Tensor | None = None  # (B,) int64: who moved, -1 where unknown
    point_label: Tensor | None = None  # (B, T, N) int64 class of each of ``points``, -1: ignore
    point_colour: Tensor | None = None  # (B, T, N, 3) uint8 red, green, blue of ``points``
    point_normal: Tensor | None = None  # (B, T, N, 3) float32 unit normals, zeros where unknown
    point_instance: Tensor | None = None  # (B, T, N) int64 object of each of ``points``, -1: none
    views: Views | None = None
    point_index: Tensor | None = None  # (B, T, N) int64 index in the stored scene, -1: only context


class Regions(NamedTuple):
    """Parts of scenes: V crops of each of B scenes, with L points per crop."""

    position: Tensor  # (V, B, L, 3) float32
    feature: Tensor  # (V, B, L, F) float32: the encoder's inputs, such as colour from -1 to 1


class Superpoints(NamedTuple):
    """The output of an encoder of clips: the embedding of the space-time tube at each anchor."""

    feature: Tensor  # (B, L, M, C)
    position: Tensor  # (B, L, M, 3), in the unit of the points


class Logits(NamedTuple):
    """The output of a supervised objective for a batch."""

    scores: Tensor  # (B, classes) of clips, or (B, T, N, classes) of points
    offset: Tensor | None = None  # (B, T, N, 3) to the middle of each point's object


class Losses(NamedTuple):
    """A scalar to back-propagate, and its named parts and monitors, detached."""

    total: Tensor  # ()
    parts: dict[str, Tensor]  # each ()
