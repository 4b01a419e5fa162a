"""Drawing images of Gaussians: differentiable, on a CPU or a GPU, in gsplat's conventions."""

from pcv.render.gaussians import DEFAULTS, Cameras, Gaussians, RasterOptions, Rendered, rotation
from pcv.render.gsplat_backend import rasterise_gsplat
from pcv.render.rasteriser import rasterise

RASTERISERS = {"torch": rasterise, "gsplat": rasterise_gsplat}

__all__ = [
    "DEFAULTS",
    "RASTERISERS",
    "Cameras",
    "Gaussians",
    "RasterOptions",
    "Rendered",
    "rasterise",
    "rasterise_gsplat",
    "rotation",
]
