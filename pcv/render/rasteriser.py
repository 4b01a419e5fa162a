"""The rasteriser in plain torch: tiled, differentiable, for any number of channels."""

from __future__ import annotations

import torch
from torch import Tensor

from pcv.render.composite import Layout, blend
from pcv.render.gaussians import DEFAULTS, Cameras, Gaussians, RasterOptions, Rendered
from pcv.render.projection import Splats, project
from pcv.render.tiles import Tiles, cut_tiles


def rasterise(
    gaussians: Gaussians, cameras: Cameras, options: RasterOptions = DEFAULTS
) -> Rendered:
    """Draw Gaussians as cameras see them; differentiable in every tensor of the Gaussians.

    Views are drawn one after another, and tiles in chunks, so that memory grows with the number of
    pairs of a Gaussian and a tile, not with pixels times Gaussians. Computed in float32 at least,
    even where autocast is on.

    Args:
        gaussians: In the world, (G, ...).
        cameras: V cameras that see them.
        options: Conventions of drawing, and sizes.

    Returns:
        Images (V, H, W, ...).

    Raises:
        ValueError: Shapes disagree.
    """
    check_shapes(gaussians, cameras)
    kind = torch.promote_types(gaussians.mean.dtype, torch.float32)
    with torch.autocast(gaussians.mean.device.type, enabled=False):
        given = Gaussians(*(part.to(kind) for part in gaussians))
        images = [
            _draw(given, matrix.to(kind), intrinsics.to(kind), cameras, options)
            for matrix, intrinsics in zip(cameras.world_to_camera, cameras.intrinsics, strict=True)
        ]
    image = torch.stack(images)
    return Rendered(image[..., :-2], image[..., -1], image[..., -2])


def check_shapes(gaussians: Gaussians, cameras: Cameras) -> None:
    """Check shapes.

    Raises:
        ValueError: Shapes disagree.
    """
    count, views = len(gaussians.mean), len(cameras.world_to_camera)
    widths = {"mean": (3,), "quaternion": (4,), "scale": (3,), "opacity": ()}
    for name, tail in widths.items():
        found = tuple(getattr(gaussians, name).shape)
        if found != (count, *tail):
            raise ValueError(f"{name} must be {(count, *tail)}, found {found}")
    if gaussians.channels.ndim != 2 or len(gaussians.channels) != count:
        raise ValueError(f"channels must be ({count}, D), found {tuple(gaussians.channels.shape)}")
    if cameras.world_to_camera.shape != (views, 4, 4):
        raise ValueError(
            f"world_to_camera must be (V, 4, 4), found {tuple(cameras.world_to_camera.shape)}"
        )
    if cameras.intrinsics.shape != (views, 3, 3):
        raise ValueError(
            f"intrinsics must be ({views}, 3, 3), found {tuple(cameras.intrinsics.shape)}"
        )


def _draw(
    gaussians: Gaussians,
    matrix: Tensor,
    intrinsics: Tensor,
    cameras: Cameras,
    options: RasterOptions,
) -> Tensor:  # (H, W, D + 2): channels, depth, alpha
    size = (cameras.height, cameras.width)
    splats = project(gaussians, matrix, intrinsics, size, options)
    tiles = cut_tiles(splats, size, options.tile)
    depth = splats.depth[:, None]
    channels, opacity = (
        part.index_select(0, splats.source) for part in (gaussians.channels, gaussians.opacity)
    )
    values = torch.cat([channels, depth, torch.ones_like(depth)], 1)
    layout = Layout(
        tiles.splat, tiles.start, tiles.pairs, options.tile, options.alpha_cap, options.budget
    )
    image = blend(_exponents(splats, opacity, tiles), values, layout)
    side = options.tile
    whole = image.reshape(tiles.rows, tiles.columns, side, side, -1).transpose(1, 2)
    return whole.reshape(tiles.rows * side, tiles.columns * side, -1)[: size[0], : size[1]]


def _exponents(splats: Splats, opacity: Tensor, tiles: Tiles) -> Tensor:  # (6, P)
    """Return log alpha as coefficients of 1, x, y, x^2, xy and y^2, from the tile's middle."""
    packed = torch.cat([splats.centre.T, splats.conic.T, opacity.log()[None]])
    x, y, xx, xy, yy, faint = packed.index_select(1, tiles.splat).unbind(0)
    middle = tiles.middle.T.index_select(1, tiles.tile)
    x, y = x - middle[0], y - middle[1]
    along, down = xx * x + xy * y, xy * x + yy * y
    constant = faint - 0.5 * (along * x + down * y)
    return torch.stack([constant, along, down, -0.5 * xx, -xy, -0.5 * yy])
