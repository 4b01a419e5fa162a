"""Projecting Gaussians to ellipses in an image (EWA splatting, Zwicker et al., 2001)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pcv.render.gaussians import Gaussians, RasterOptions, rotation_rows

FAINTEST = 1 / 255  # a Gaussian with a smaller alpha in a pixel is not drawn there
WIDEST = 3.33  # standard deviations beyond which no opacity reaches ``FAINTEST``
MARGIN = 0.3  # half images around the image, within which ellipses follow the perspective


class Splats(NamedTuple):
    """The S Gaussians that a camera may see, nearest first."""

    source: Tensor  # (S,) int64, index of the Gaussian
    centre: Tensor  # (S, 2) pixels; the first pixel's centre is (0.5, 0.5)
    conic: Tensor  # (S, 3) xx, xy and yy of the inverse covariance
    depth: Tensor  # (S,) camera z
    reach: Tensor  # (S, 2) pixels from the centre beyond which it is fainter than ``FAINTEST``
    limit: Tensor  # (S,) the same limit for the squared distance, in standard deviations


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
        world_to_camera: An affine map; its 3 x 3 part need not be a rotation.
        intrinsics: Those of a pinhole camera, in pixels.
        size: Height and width of the image.
        options: The nearest and the farthest depth, and the blur.
    """
    turn, shift = world_to_camera[:3, :3], world_to_camera[:3, 3]
    with torch.no_grad():
        seen = gaussians.mean @ turn[2] + shift[2]
        live = (seen > options.near) & (seen < options.far) & (gaussians.opacity >= FAINTEST)
        index = live.nonzero()[:, 0]
    centre, depth, covariance = _ellipses(gaussians, index, turn, shift, intrinsics, size)
    xx, xy, yy = covariance[0] + options.blur, covariance[1], covariance[2] + options.blur
    determinant = xx * yy - xy * xy
    with torch.no_grad():
        opacity = gaussians.opacity.index_select(0, index)
        limit = (2 * (opacity / FAINTEST).log()).clamp(min=0, max=WIDEST**2)
        reach = (limit * torch.stack([xx, yy])).sqrt()  # (2, S)
        edge = centre.new_tensor([[size[1]], [size[0]]])
        inside = ((centre + reach > 0) & (centre - reach < edge)).all(0) & (determinant > 0)
        inside &= torch.isfinite(centre + reach).all(0)
        kept = inside.nonzero()[:, 0]
        kept = kept.index_select(0, depth.index_select(0, kept).sort(stable=True).indices)
        index, limit = index.index_select(0, kept), limit.index_select(0, kept)
        reach = reach.index_select(1, kept)
    conic = torch.stack([yy, -xy, xx]) / determinant
    packed = torch.cat([centre, conic, depth[None]]).index_select(1, kept)
    return Splats(index, packed[:2].T, packed[2:5].T, packed[5], reach.T, limit)


def _ellipses(
    gaussians: Gaussians,
    index: Tensor,
    turn: Tensor,
    shift: Tensor,
    intrinsics: Tensor,
    size: tuple[int, int],
) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor, Tensor]]:  # (2, S), (S,), three of (S,)
    """Return centres, depths and covariances (xx, xy, yy) in the image."""
    mean, quaternion, scale = (
        part.index_select(0, index)
        for part in (gaussians.mean, gaussians.quaternion, gaussians.scale)
    )
    x, y, z = torch.addmm(shift[:, None], turn, mean.T).unbind(0)
    fx, fy, cx, cy = (intrinsics[row, column] for row, column in ((0, 0), (1, 1), (0, 2), (1, 2)))
    centre = torch.stack([fx * x / z + cx, fy * y / z + cy])
    height, width = size
    limit_x, limit_y = MARGIN * 0.5 * width / fx, MARGIN * 0.5 * height / fy
    tx = (x / z).clamp(-cx / fx - limit_x, (width - cx) / fx + limit_x)
    ty = (y / z).clamp(-cy / fy - limit_y, (height - cy) / fy + limit_y)
    axes = (turn @ rotation_rows(quaternion.T).flatten(1)).unflatten(1, (3, -1)) * scale.T
    # Rows of the Jacobian times the axes: (fx / z) (e_x - tx e_z), and the same for y.
    across = fx / z * (axes[0] - tx * axes[2])  # (3, S)
    down = fy / z * (axes[1] - ty * axes[2])
    return centre, z, ((across * across).sum(0), (across * down).sum(0), (down * down).sum(0))
