"""GaussianCross: losses, masking, and a world that may be moved."""

import pytest
import torch

from pcv.clip import ClipBatch, Views
from pcv.config.encoder import PSTNetConfig, SparseUNetConfig
from pcv.config.pretexts import GaussianCrossConfig
from pcv.encoders import build_encoder
from pcv.nn.image_statistics import CHANNELS
from pcv.objectives.gaussiancross import GaussianCross, keep_some, masked_l1

ENCODER = SparseUNetConfig(
    name="sparseunet", inputs=("colour",), voxel=0.15, stem=8, channels=(8, 8), blocks=(1, 1),
    norm_momentum=0.5,
)  # fmt: skip
CONFIG = GaussianCrossConfig(
    name="gaussiancross", lattice=(8, 6, 8), dense=(8,), dense_out=8, hidden=8, features=4,
    teacher_cell=4, keep_at_least=16,
)  # fmt: skip


def room(views=2, seed=0):
    """Two clouds on coloured walls, and cameras that look at a flat picture of them."""
    draw = torch.Generator().manual_seed(seed)
    points = torch.rand(2, 1, 400, 3, generator=draw) * torch.tensor([2.0, 1.5, 1.0])
    points = points + torch.tensor([-1.0, -0.75, 1.5])
    colour = (points[..., :3] * 40 + 100).to(torch.uint8)
    pose = torch.eye(4).repeat(2, views, 1, 1)
    pose[:, :, 0, 3] = torch.linspace(-0.2, 0.2, views)
    k = torch.tensor([[14.0, 0, 10], [0, 14, 8], [0, 0, 1]]).expand(2, views, 3, 3)
    image = torch.rand(2, views, 16, 20, 3, generator=draw) * 0.2 + torch.tensor([0.7, 0.4, 0.2])
    depth = torch.full((2, views, 16, 20), 1.9)
    depth[:, :, :4] = 0
    label = torch.full((2,), -1)
    return ClipBatch(points, label, label, point_colour=colour, views=Views(image, depth, k, pose))


def make(config=CONFIG):
    torch.manual_seed(0)
    return GaussianCross(config, build_encoder(ENCODER))


def test_the_total_is_the_weighted_sum_and_every_parameter_learns():
    config = CONFIG.model_copy(
        update={"colour_weight": 2.0, "depth_weight": 0.5, "semantic_weight": 3.0}
    )
    objective = make(config)
    total, parts = objective(room())
    expected = 2 * parts["colour"] + 0.5 * parts["depth"] + 3 * parts["semantic"]
    assert torch.allclose(total, expected)
    total.backward()
    for name, parameter in objective.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    assert parts["drawn_cells"] == 1


def test_it_learns_to_draw():
    objective, batch = make(), room()
    optimiser = torch.optim.AdamW(objective.parameters(), 1e-2)
    found = []
    for _ in range(25):
        losses = objective(batch)
        optimiser.zero_grad()
        losses.total.backward()
        optimiser.step()
        found.append({name: float(value) for name, value in losses.parts.items()})
    for name in ("colour", "depth", "semantic"):
        assert found[-1][name] < 0.7 * found[0][name], name


def test_half_of_the_points_is_hidden_in_training_alone(monkeypatch):
    objective, batch, seen = make(), room(), []
    voxels = objective.encoder.voxels
    monkeypatch.setattr(
        objective.encoder, "voxels", lambda p, i, c: seen.append(len(p)) or voxels(p, i, c)
    )
    objective(batch)
    objective.eval()(batch)
    assert seen == [400, 800]


def test_what_is_kept_belongs_together():
    points = torch.rand(3, 40, 3)
    kept, inputs = keep_some(points, points * 2, 0.3)
    assert kept.shape == (3, 12, 3)
    assert torch.equal(inputs, kept * 2)
    for own, mine in zip(points, kept, strict=True):
        assert (mine[:, None] == own[None]).all(-1).any(1).all()
        assert len(mine.unique(dim=0)) == 12


def test_a_moved_and_scaled_world_draws_the_same(monkeypatch):
    """Poses that take the change back see the same Gaussians, as the data's augmentation folds."""
    objective, batch = make().eval(), room()
    found = objective.gaussians(batch)
    before = objective.draw(batch)
    world = torch.eye(4)
    world[:3, :3] *= 1.2
    world[:3, 3] = torch.tensor([0.3, -1.0, 2.0])
    moved = [
        one._replace(
            gaussians=one.gaussians._replace(
                mean=one.gaussians.mean @ world[:3, :3].T + world[:3, 3],
                scale=one.gaussians.scale * 1.2,
            )
        )
        for one in found
    ]
    monkeypatch.setattr(objective, "gaussians", lambda batch: moved)
    views = batch.views._replace(
        world_to_camera=batch.views.world_to_camera @ torch.linalg.inv(world)
    )
    after = objective.draw(batch._replace(views=views))
    assert torch.allclose(before.colour, after.colour, atol=1e-4)
    assert torch.allclose(before.depth, after.depth, atol=1e-3)
    assert before.alpha.mean() > 0.5


def test_depth_is_compared_only_where_it_was_measured():
    depth, wanted = torch.tensor([1.0, 5.0, 2.0]), torch.tensor([2.0, 0.0, 4.0])
    assert masked_l1(depth, wanted) == 1.5
    assert masked_l1(depth, torch.zeros(3)) == 0


def test_zero_depth_everywhere_is_no_loss_and_no_nan():
    batch = room()
    blind = batch._replace(views=batch.views._replace(depth=torch.zeros(2, 2, 16, 20)))
    total, parts = make()(blind)
    assert parts["depth"] == 0
    assert total.isfinite()


def test_a_cached_teacher_is_compared_on_its_own_grid():
    config = CONFIG.model_copy(update={"teacher": "cached", "teacher_channels": 6})
    objective, batch = make(config), room()
    assert objective.projector[0].out_features == 6
    assert make().projector[0].out_features == CHANNELS
    feature = torch.randn(2, 2, 3, 4, 6)
    given = batch._replace(views=batch.views._replace(feature=feature))
    assert 0 < objective(given).parts["semantic"] < 2
    with pytest.raises(ValueError, match="without a teacher's features"):
        objective(batch)
    wide = batch._replace(views=batch.views._replace(feature=torch.randn(2, 2, 3, 4, 7)))
    with pytest.raises(ValueError, match=r"have 7 channels, but objective.teacher_channels is 6"):
        objective(wide)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"needs encoder.name sparseunet"):
        GaussianCross(CONFIG, build_encoder(PSTNetConfig(width=1 / 16)))
    with pytest.raises(ValueError, match="without posed images"):
        make()(room()._replace(views=None))
