"""The transposed convolution against its published order: scatter, pool, interpolate, convolve."""

import pytest
import torch

from pcv.clip import Superpoints
from pcv.nn.pst_transpose import PSTConvTranspose, PSTConvTransposeConfig, TransposeDecoder
from pcv.nn.tubes import TimeGrid

GRIDS = [(TimeGrid(3, 2, 1, 0), 4), (TimeGrid(3, 1, 1, 1), 3), (TimeGrid(), 2)]


def published(layer, fine, skipped, coarse):
    """Frame by frame: taps scattered to the frames they cover, then interpolated as one set."""
    grid, middle = layer.config.grid, layer.config.middle
    steps = coarse.feature.shape[1]
    taps = torch.relu(layer.norm(layer.temporal(coarse.feature)))
    landed = [[] for _ in range(fine.shape[1])]
    for a in range(steps):
        for r in range(grid.kernel):
            frame = a * grid.stride - grid.before + r
            if 0 <= frame < len(landed):
                value = taps[:, a, :, r * middle : (r + 1) * middle]
                landed[frame].append((coarse.position[:, a], value))
    out = []
    for t, sets in enumerate(landed):
        where, value = (torch.cat(parts, 1) for parts in zip(*sets, strict=True))
        distance = torch.cdist(fine[:, t], where, compute_mode="donot_use_mm_for_euclid_dist")
        near, index = distance.topk(min(3, where.shape[1]), largest=False)
        weight = 1 / (near + 1e-8)
        weight = weight / weight.sum(-1, keepdim=True)
        clip = torch.arange(len(fine))[:, None, None]
        carried = (value[clip, index] * weight[..., None]).sum(2)
        joined = torch.cat([carried, skipped[:, t]], -1)
        out.append(joined @ torch.cat([layer.carry.coarse.weight, layer.carry.skipped.weight], 1).T)
    return torch.stack(out, 1)


@pytest.mark.parametrize(("grid", "length"), GRIDS, ids=["stride 2", "stride 1", "one tap"])
def test_equals_the_published_order(grid, length):
    torch.manual_seed(0)
    layer = PSTConvTranspose(PSTConvTransposeConfig(5, 4, 6, 7, grid))
    fine, skipped = torch.rand(2, length, 20, 3), torch.randn(2, length, 20, 4)
    steps = len(grid.frames(length)[0])
    coarse = Superpoints(torch.randn(2, steps, 6, 5), torch.rand(2, steps, 6, 3))
    found, gradients = [], []
    for call in (layer, lambda *a: published(layer, *a)):
        feature = coarse.feature.clone().requires_grad_()
        out = call(fine, skipped, coarse._replace(feature=feature))
        inputs = [feature, layer.temporal.weight, layer.carry.coarse.weight]
        found.append(out)
        gradients.append(torch.autograd.grad(out.square().sum(), inputs))
    assert torch.allclose(found[0], found[1], atol=1e-5)
    for one, other in zip(*gradients, strict=True):
        assert (one - other).norm() < 1e-5 * other.norm()


def test_frames_that_no_grid_makes_are_refused():
    layer = PSTConvTranspose(PSTConvTransposeConfig(5, 0, 6, 7, TimeGrid(3, 2, 1, 0)))
    coarse = Superpoints(torch.randn(1, 3, 6, 5), torch.rand(1, 3, 6, 3))
    with pytest.raises(ValueError, match="cannot be spread"):
        layer(torch.rand(1, 4, 20, 3), None, coarse)
    gaps = PSTConvTranspose(PSTConvTransposeConfig(5, 0, 6, 7, TimeGrid(1, 2)))
    with pytest.raises(ValueError, match="no tube reaches frame 1"):
        gaps(torch.rand(1, 3, 20, 3), None, Superpoints(*(t[:, :2] for t in coarse)))


def test_the_decoder_ends_at_the_points():
    grid = TimeGrid(3, 2, 1, 0)
    decoder = TransposeDecoder(
        [PSTConvTransposeConfig(8, 4, 6, 6, grid), PSTConvTransposeConfig(6, 0, 5, 3)]
    )
    points = torch.rand(2, 4, 32, 3)
    levels = [
        Superpoints(torch.randn(2, 4, 8, 4), points[:, :, :8]),
        Superpoints(torch.randn(2, 2, 4, 8), points[:, ::2, :4]),
    ]
    assert decoder(points, levels).shape == (2, 4, 32, 3)
