"""The tiled rasteriser equals the definition: values, gradients, memory."""

import resource
import sys

import pytest
import torch

from pcv.render import DEFAULTS, Cameras, Gaussians, RasterOptions, rasterise
from tests.render.reference import brute_force
from tests.render.scenes import cameras, random_gaussians, requiring_grad


def stacked(image):
    return torch.cat([image.channels, image.depth[..., None], image.alpha[..., None]], -1)


@pytest.mark.parametrize("tile", [1, 4, 5, 16])
@pytest.mark.parametrize("options", [DEFAULTS, RasterOptions(alpha_cap=0.99, blur=0.1, near=2.0)])
def test_values_and_gradients_are_the_definitions(tile, options):
    options = options._replace(tile=tile)
    gaussians, views = requiring_grad(random_gaussians(60, 4)), cameras(views=2)
    ours = stacked(rasterise(gaussians, views, options))
    theirs = stacked(brute_force(gaussians, views, options))
    assert ours.shape == (2, 15, 20, 6)
    assert torch.allclose(ours, theirs, rtol=0, atol=1e-11)
    weight = torch.randn(ours.shape, generator=torch.Generator().manual_seed(1)).double()
    for name, a, b in zip(
        Gaussians._fields,
        torch.autograd.grad((ours * weight).sum(), gaussians),
        torch.autograd.grad((theirs * weight).sum(), gaussians),
        strict=True,
    ):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-9), name


def test_dense_scenes_stop_where_the_definition_stops():
    gaussians = random_gaussians(600, 3)._replace(opacity=torch.full((600,), 0.98).double())
    gaussians = gaussians._replace(scale=gaussians.scale * 4)
    ours, theirs = (
        stacked(draw(gaussians, cameras(), DEFAULTS)) for draw in (rasterise, brute_force)
    )
    assert torch.allclose(ours, theirs, rtol=0, atol=1e-11)
    assert ours[..., -1].mean() > 0.99


def test_float32_stays_near_float64():
    gaussians, views = random_gaussians(400, 3), cameras(60, 80)
    exact = stacked(rasterise(gaussians, views))
    single = rasterise(
        Gaussians(*(part.float() for part in gaussians)),
        views._replace(
            world_to_camera=views.world_to_camera.float(), intrinsics=views.intrinsics.float()
        ),
    )
    error = (stacked(single).double() - exact).abs()
    assert error.mean() < 1e-5  # pixels on the rim of 1 / 255 may fall to either side
    assert error.max() < 0.02


def test_gradients_by_finite_differences():
    gaussians, views = requiring_grad(random_gaussians(4, 1, seed=3)), cameras(6, 8)
    wide = gaussians._replace(scale=(gaussians.scale.detach() * 6).requires_grad_())
    options = RasterOptions(tile=4)

    def draw(*parts):
        # Beyond the rim of 1 / 255 the image jumps, so what is faint is not asked about.
        image = stacked(rasterise(Gaussians(*parts), views, options))
        return image[:, 1:5, 2:6]

    assert torch.autograd.gradcheck(draw, tuple(wide), eps=1e-7, atol=1e-4)


def test_an_affine_world_gives_the_image_of_the_rigid_one():
    gaussians, views = random_gaussians(80), cameras(30, 40, views=2)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(0)))[0]
    world = torch.eye(4, dtype=torch.float64)
    world[:3, :3], world[:3, 3] = 1.3 * turn.double(), torch.tensor([0.5, -2.0, 1.0])
    if torch.linalg.det(world) < 0:
        world[:, 0] *= -1
    quaternion = quaternion_of(world[:3, :3] / 1.3)
    moved = gaussians._replace(
        mean=gaussians.mean @ world[:3, :3].T + world[:3, 3],
        quaternion=product(quaternion, gaussians.quaternion),
        scale=gaussians.scale * 1.3,
    )
    folded = views._replace(world_to_camera=views.world_to_camera @ torch.linalg.inv(world))
    before, after = stacked(rasterise(gaussians, views)), stacked(rasterise(moved, folded))
    assert torch.allclose(before, after, atol=1e-9)
    assert before[..., -1].mean() > 0.1


def quaternion_of(matrix):
    w = torch.sqrt(1 + matrix.trace()) / 2
    away = torch.stack([
        matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]
    ])  # fmt: skip
    return torch.cat([w[None], away / (4 * w)])


def product(a, b):
    w, v = a[0] * b[:, 0] - b[:, 1:] @ a[1:], b[:, :1] * a[1:] + a[0] * b[:, 1:]
    return torch.cat([w[:, None], v + torch.linalg.cross(a[1:].expand_as(v), b[:, 1:])], 1)


def test_an_empty_scene_is_black_and_has_gradients():
    views = cameras(views=2)
    behind = requiring_grad(random_gaussians(5)._replace(mean=torch.full((5, 3), -3.0).double()))
    image = rasterise(behind, views)
    assert stacked(image).abs().max() == 0
    assert image.expected_depth().abs().max() == 0
    assert torch.autograd.grad(stacked(image).sum(), behind.mean)[0].abs().max() == 0
    nobody = rasterise(random_gaussians(0), views)
    assert nobody.channels.shape == (2, 15, 20, 3)


def test_autocast_leaves_it_in_float32():
    gaussians = Gaussians(*(part.float() for part in random_gaussians(40)))
    views = Cameras(*(x.float() if isinstance(x, torch.Tensor) else x for x in cameras()))
    plain = rasterise(gaussians, views)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cast = rasterise(gaussians, views)
    assert torch.equal(plain.channels, cast.channels)
    assert cast.depth.dtype == torch.float32


def test_shapes_that_disagree_are_refused():
    gaussians = random_gaussians(5)
    with pytest.raises(ValueError, match="quaternion must be"):
        rasterise(gaussians._replace(quaternion=gaussians.quaternion[:, :3]), cameras())
    with pytest.raises(ValueError, match="channels must be"):
        rasterise(gaussians._replace(channels=gaussians.channels[:3]), cameras())
    with pytest.raises(ValueError, match="intrinsics must be"):
        rasterise(gaussians, cameras()._replace(intrinsics=cameras(views=2).intrinsics))
    with pytest.raises(ValueError, match="world_to_camera must be"):
        rasterise(gaussians, cameras()._replace(world_to_camera=torch.eye(4).double()[None, :3]))


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read as on Linux")
def test_memory_grows_with_pairs_not_with_pixels_times_gaussians():
    gaussians = Gaussians(*(part.float() for part in random_gaussians(3000)))
    gaussians = gaussians._replace(scale=gaussians.scale * 0.2)
    views = cameras(240, 320, views=2, dtype=torch.float32)
    rasterise(gaussians, cameras(dtype=torch.float32))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rasterise(requiring_grad(gaussians), views).channels.sum().backward()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024  # MiB
    assert grown < 400  # all pixels times all Gaussians, once: 880 MiB a view
