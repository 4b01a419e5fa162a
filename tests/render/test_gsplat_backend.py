"""The optional CUDA backend: what it is asked, and what it says where it cannot work."""

import sys
from types import SimpleNamespace

import pytest
import torch

from pcv.errors import KernelError
from pcv.render import RASTERISERS, RasterOptions, rasterise
from pcv.render.gsplat_backend import rasterise_gsplat
from tests.render.scenes import cameras, random_gaussians


def test_a_missing_gsplat_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "gsplat", None)
    with pytest.raises(
        KernelError, match=r"pip install gsplat .* choose rasteriser torch"
    ) as error:
        rasterise_gsplat(random_gaussians(3), cameras())
    assert "\n" not in str(error.value)


def test_another_cap_and_a_cpu_are_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "gsplat", SimpleNamespace(__version__="1.6.0"))
    with pytest.raises(KernelError, match=r"1.6.0 has alpha_cap 0.99, not 0.999"):
        rasterise_gsplat(random_gaussians(3), cameras())
    with pytest.raises(KernelError, match="needs CUDA"):
        rasterise_gsplat(random_gaussians(3), cameras(), RasterOptions(alpha_cap=0.99))


@pytest.mark.gpu
def test_both_rasterisers_agree():
    pytest.importorskip("gsplat")
    views = cameras(60, 80, views=2, dtype=torch.float32)
    views = views._replace(
        world_to_camera=views.world_to_camera.cuda(), intrinsics=views.intrinsics.cuda()
    )
    parts = [part.float().cuda().requires_grad_() for part in random_gaussians(2000, 20)]
    found = []
    for draw in (rasterise, RASTERISERS["gsplat"]):
        image = draw(type(random_gaussians(1))(*parts), views)
        grads = torch.autograd.grad(image.channels.sum() + image.depth.sum(), parts)
        found.append([image.channels, image.alpha, image.depth, *grads])
    for ours, theirs in zip(*found, strict=True):
        assert (ours - theirs).norm() < 1e-3 * theirs.norm()
