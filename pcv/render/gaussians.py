"""Three-dimensional Gaussians that carry channels, the cameras that see them, and their images."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Gaussians(NamedTuple):
    """G Gaussians."""

    mean: Tensor  # (G, 3)
    quaternion: Tensor  # (G, 4) w, x, y, z; any length but 0
    scale: Tensor  # (G, 3) standard deviations along the rotated axes, in the unit of the mean
    opacity: Tensor  # (G,) from 0 to 1
    channels: Tensor  # (G, D) the values that are drawn: colours, features


class Cameras(NamedTuple):
    """V cameras with images of one size, each looking along +z with y down."""

    world_to_camera: Tensor  # (V, 4, 4); its 3 x 3 part need not be a rotation
    intrinsics: Tensor  # (V, 3, 3) pixels; skew is not read
    height: int
    width: int


class Rendered(NamedTuple):
    """Images of V cameras."""

    channels: Tensor  # (V, H, W, D); 0 where nothing is
    alpha: Tensor  # (V, H, W) from 0 to 1
    depth: Tensor  # (V, H, W) camera z summed with the weights that made ``channels``

    def expected_depth(self) -> Tensor:  # (V, H, W)
        """Return the mean camera z of what a pixel sees; 0 where it sees nothing."""
        return self.depth / self.alpha.clamp(min=1e-10)


class RasterOptions(NamedTuple):
    """Parameters of the rasteriser; near, far, blur and alpha_cap have gsplat 1.5.3's values."""

    near: float = 0.01  # camera z; Gaussians with less are left out
    far: float = 1e10  # camera z; Gaussians with more are left out
    blur: float = 0.3  # square pixels, added to the variances of every ellipse
    alpha_cap: float = 0.999  # largest alpha of one Gaussian in one pixel; later gsplat: 0.99
    tile: int = 5  # pixels per side of a tile; it changes the speed, not the image
    budget: int = 1 << 17  # approximate number of elements of the largest array


DEFAULTS = RasterOptions()


def rotation_rows(quaternion: Tensor) -> Tensor:  # (4, ...) -> (3, 3, ...)
    """Return the rotation matrices of quaternions w, x, y, z of any length."""
    w, x, y, z = torch.nn.functional.normalize(quaternion, dim=0).unbind(0)
    rows = (
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    )  # fmt: skip
    return torch.stack(rows).unflatten(0, (3, 3))


def rotation(quaternion: Tensor) -> Tensor:  # (..., 4) -> (..., 3, 3)
    """Return what ``rotation_rows`` returns, but with the axes of quaternions and matrices last."""
    return rotation_rows(quaternion.movedim(-1, 0)).movedim((0, 1), (-2, -1))
