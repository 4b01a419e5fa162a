"""The rasteriser's definition, every pixel against every Gaussian, in the plainest torch."""

from __future__ import annotations

import torch
from torch import Tensor

from pcv.render import Cameras, Gaussians, RasterOptions, Rendered


def brute_force(gaussians: Gaussians, cameras: Cameras, options: RasterOptions) -> Rendered:
    images = [
        _view(gaussians, matrix, intrinsics, cameras, options)
        for matrix, intrinsics in zip(cameras.world_to_camera, cameras.intrinsics, strict=True)
    ]
    image = torch.stack(images)
    return Rendered(image[..., :-2], image[..., -1], image[..., -2])


def matrix_of(quaternion: Tensor) -> Tensor:  # (G, 4) -> (G, 3, 3)
    """Rotate the three axes by q v q*."""
    unit = quaternion / quaternion.norm(dim=1, keepdim=True)
    real, imaginary = unit[:, :1, None], unit[:, None, 1:]
    axes = torch.eye(3, dtype=unit.dtype)[None].expand(len(unit), 3, 3)
    imaginary = imaginary.expand(len(unit), 3, 3)
    twice = 2 * torch.linalg.cross(imaginary, axes, dim=2)
    turned = axes + real * twice + torch.linalg.cross(imaginary, twice, dim=2)
    return turned.transpose(1, 2)


def _view(
    gaussians: Gaussians, matrix: Tensor, k: Tensor, cameras: Cameras, options: RasterOptions
) -> Tensor:
    turn, height, width = matrix[:3, :3], cameras.height, cameras.width
    place = gaussians.mean @ turn.T + matrix[:3, 3]
    depth = place[:, 2]
    axes = turn @ matrix_of(gaussians.quaternion) @ torch.diag_embed(gaussians.scale)
    covariance = axes @ axes.transpose(1, 2)
    focal = torch.stack([k[0, 0], k[1, 1]])
    middle = torch.stack([k[0, 2], k[1, 2]])
    edge = torch.tensor([width, height], dtype=k.dtype)
    limit = 0.3 * 0.5 * edge / focal
    slope = place[:, :2] / depth[:, None]
    held = slope.clamp(-middle / focal - limit, (edge - middle) / focal + limit)
    jacobian = torch.zeros(len(depth), 2, 3, dtype=k.dtype)
    jacobian[:, 0, 0], jacobian[:, 1, 1] = focal[0] / depth, focal[1] / depth
    jacobian[:, :, 2] = -focal * held / depth[:, None]
    blurred = jacobian @ covariance @ jacobian.transpose(1, 2) + options.blur * torch.eye(
        2, dtype=k.dtype
    )
    inverse = torch.linalg.inv(blurred)
    centre = slope * focal + middle
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    pixel = torch.stack([x, y], -1).flatten(0, 1).to(k.dtype) + 0.5
    values = torch.cat([gaussians.channels, depth[:, None], torch.ones_like(depth)[:, None]], 1)
    image = values.new_zeros(len(pixel), values.shape[1])
    passed = values.new_ones(len(pixel))
    done = torch.zeros(len(pixel), dtype=torch.bool)
    for one in depth.argsort(stable=True).tolist():
        if not options.near < depth[one] < options.far:
            continue
        offset = pixel - centre[one]
        power = -0.5 * torch.einsum("pi,ij,pj->p", offset, inverse[one], offset)
        alpha = (gaussians.opacity[one] * power.exp()).clamp(max=options.alpha_cap)
        alpha = torch.where(alpha >= 1 / 255, alpha, 0.0)
        done = done | (passed * (1 - alpha) <= 1e-4)
        alpha = torch.where(done, 0.0, alpha)
        image = image + (alpha * passed)[:, None] * values[one]
        passed = passed * (1 - alpha)
    return image.reshape(height, width, -1)
