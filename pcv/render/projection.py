"""Gaussians as one camera sees them: ellipses (EWA splatting, Zwicker et al., 2001)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pcv.render.gaussians import Gaussians, RasterOptions, rotation

FAINTEST = 1 / 255  # what would draw less than this in a pixel is left out of it
WIDEST = 3.33  # standard deviations beyond which no opacity reaches ``FAINTEST``
MARGIN = 0.3  # of the half image, beyond which the perspective is not followed any further


class Splats(NamedTuple):
    """The Gaussians that a camera may see, nearest first."""

    source: Tensor  # (S,) int64, which Gaussian
    centre: Tensor  # (S, 2) pixels; the first pixel's centre is (0.5, 0.5)
    conic: Tensor  # (S, 3) the inverse covariance's xx, xy and yy
    depth: Tensor  # (S,) camera z
    reach: Tensor  # (S, 2) pixels from the centre, beyond which it is fainter than ``FAINTEST``


def project(
    gaussians: Gaussians,
    world_to_camera: Tensor,  # (4, 4)
    intrinsics: Tensor,  # (3, 3)
    size: tuple[int, int],
    options: RasterOptions,
) -> Splats:
    """Project Gaussians, and leave out those that cannot be seen.

    Args:
        gaussians: In the world.
        world_to_camera: Affine.
        intrinsics: Pinhole.
        size: Height and width of the image.
        options: What is too near or too far, and the blur.
    """
    turn, shift = world_to_camera[:3, :3], world_to_camera[:3, 3]
    with torch.no_grad():
        seen = gaussians.mean @ turn[2] + shift[2]
        live = (seen > options.near) & (seen < options.far) & (gaussians.opacity >= FAINTEST)
        index = live.nonzero()[:, 0]
    found = _ellipses(gaussians, index, turn, shift, intrinsics, size)
    centre, depth, covariance = found
    xx, xy, yy = covariance[:, 0] + options.blur, covariance[:, 1], covariance[:, 2] + options.blur
    determinant = xx * yy - xy * xy
    conic = torch.stack([yy, -xy, xx], 1) / determinant[:, None]
    with torch.no_grad():
        opacity = gaussians.opacity[index]
        wide = (2 * (opacity / FAINTEST).log()).clamp(min=0).sqrt().clamp(max=WIDEST)
        reach = (wide[:, None] * torch.stack([xx, yy], 1).sqrt()).ceil()
        edge = centre.new_tensor([size[1], size[0]])
        inside = ((centre + reach > 0) & (centre - reach < edge)).all(1) & (determinant > 0)
        inside &= torch.isfinite(centre).all(1) & torch.isfinite(reach).all(1)
        kept = inside.nonzero()[:, 0]
        kept = kept[depth[kept].sort(stable=True).indices]
    return Splats(index[kept], centre[kept], conic[kept], depth[kept], reach[kept])


def _ellipses(
    gaussians: Gaussians,
    index: Tensor,
    turn: Tensor,
    shift: Tensor,
    intrinsics: Tensor,
    size: tuple[int, int],
) -> tuple[Tensor, Tensor, Tensor]:  # (S, 2), (S,), (S, 3)
    """Centres, depths and covariances (xx, xy, yy) in the image."""
    x, y, z = (gaussians.mean[index] @ turn.T + shift).unbind(1)
    fx, fy, cx, cy = (intrinsics[row, column] for row, column in ((0, 0), (1, 1), (0, 2), (1, 2)))
    centre = torch.stack([fx * x / z + cx, fy * y / z + cy], 1)
    height, width = size
    limit_x, limit_y = MARGIN * 0.5 * width / fx, MARGIN * 0.5 * height / fy
    tx = (x / z).clamp(-cx / fx - limit_x, (width - cx) / fx + limit_x)
    ty = (y / z).clamp(-cy / fy - limit_y, (height - cy) / fy + limit_y)
    axes = turn @ rotation(gaussians.quaternion[index]) * gaussians.scale[index][:, None, :]
    # Rows of the Jacobian times the axes: (fx / z) (e_x - tx e_z), and the same for y.
    across = (fx / z)[:, None] * (axes[:, 0] - tx[:, None] * axes[:, 2])
    down = (fy / z)[:, None] * (axes[:, 1] - ty[:, None] * axes[:, 2])
    pairs = (across * across, across * down, down * down)
    return centre, z, torch.stack([pair.sum(1) for pair in pairs], 1)
