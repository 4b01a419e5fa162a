"""The rasteriser of gsplat (Ye et al., 2024) on CUDA: the only file that imports it."""

from __future__ import annotations

import torch

from pcv.errors import KernelError, one_line
from pcv.render.gaussians import DEFAULTS, Cameras, Gaussians, RasterOptions, Rendered
from pcv.render.rasteriser import check_shapes

CAPS = {"1.5": 0.999}  # largest alpha by version, fixed in gsplat's sources
LATER_CAP = 0.99


def rasterise_gsplat(
    gaussians: Gaussians, cameras: Cameras, options: RasterOptions = DEFAULTS
) -> Rendered:
    """Draw Gaussians as ``rasterise`` does, with gsplat's kernels.

    ``options.tile`` and ``options.budget`` are ignored: gsplat chooses its own.

    Args:
        gaussians: In the world, (G, ...).
        cameras: V cameras that see them.
        options: Conventions of drawing.

    Returns:
        Images (V, H, W, ...).

    Raises:
        KernelError: gsplat is missing or cannot be built, or has another largest alpha.
        ValueError: Shapes disagree.
    """
    check_shapes(gaussians, cameras)
    try:
        import gsplat
    except (ImportError, OSError, RuntimeError) as error:
        raise KernelError(_advice(f"cannot be imported: {error}")) from None
    cap = CAPS.get(gsplat.__version__[:3], LATER_CAP)
    if cap != options.alpha_cap:
        raise KernelError(
            _advice(f"{gsplat.__version__} has alpha_cap {cap}, not {options.alpha_cap}")
        )
    if gaussians.mean.device.type != "cuda":
        raise KernelError(
            _advice(f"needs CUDA, but the Gaussians are on {gaussians.mean.device.type}")
        )
    given = Gaussians(*(part.float() for part in gaussians))
    with torch.autocast(gaussians.mean.device.type, enabled=False):
        try:
            image, alpha, _ = gsplat.rasterization(
                given.mean, given.quaternion, given.scale, given.opacity, given.channels,
                cameras.world_to_camera.float(), cameras.intrinsics.float(),
                cameras.width, cameras.height,
                near_plane=options.near, far_plane=options.far, eps2d=options.blur,
                render_mode="RGB+D",
            )  # fmt: skip
        except (ImportError, OSError, RuntimeError, AttributeError) as error:
            raise KernelError(_advice(f"failed: {error}")) from None
    return Rendered(image[..., :-1], alpha[..., 0], image[..., -1])


def _advice(problem: str) -> str:
    first = one_line(problem, 300)
    return (
        f"rasteriser gsplat {first}; pip install gsplat for a CUDA build of torch with nvcc, "
        "or choose rasteriser torch"
    )
