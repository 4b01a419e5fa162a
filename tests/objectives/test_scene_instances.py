"""Classes and offsets of points."""

import pytest
import torch

from pcv.clip import ClipBatch
from pcv.config.encoder import SparseUNetConfig
from pcv.config.supervised import SceneInstancesConfig
from pcv.encoders import build_encoder
from pcv.objectives.scene_instances import SceneInstances

ENCODER = SparseUNetConfig(
    name="sparseunet", inputs=(), voxel=0.2, stem=8, channels=(8, 8), blocks=(1, 1)
)


def make(**changes):
    torch.manual_seed(0)
    config = SceneInstancesConfig(name="scene_instances", **changes)
    return SceneInstances(config, build_encoder(ENCODER), classes=4)


def batch():
    draw = torch.Generator().manual_seed(0)
    points = torch.rand(2, 1, 200, 3, generator=draw)
    instance = (points[..., 0] * 3).long() - 1  # -1, 0, 1
    label = torch.where(instance >= 0, instance + 2, 0)
    nothing = torch.full((2,), -1)
    return ClipBatch(points, nothing, nothing, point_label=label, point_instance=instance)


def test_offsets_lead_to_the_middle_of_each_object():
    clips = batch()
    wanted, counts = make().wanted(clips)
    assert torch.equal(counts, clips.point_instance >= 0)
    for cloud in range(2):
        for name in (0, 1):
            mine = clips.point_instance[cloud, 0] == name
            points = clips.points[cloud, 0][mine]
            assert torch.allclose(points + wanted[cloud, 0][mine], points.mean(0), atol=1e-5)
    stuff, none = make(stuff=(2, 3)).wanted(clips)
    assert not none.any()
    assert stuff.isfinite().all()


def test_every_parameter_learns_and_the_loss_is_its_parts():
    objective = make(offset_weight=2.0, direction_weight=0.5)
    total, parts = objective(batch())
    expected = parts["semantic"] + 2 * parts["offset_l1"] + 0.5 * parts["direction"]
    assert torch.allclose(total, expected)
    total.backward()
    for name, parameter in objective.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_it_learns_where_the_middles_are():
    objective, clips = make(), batch()
    optimiser = torch.optim.AdamW(objective.parameters(), 1e-2)
    found = []
    for _ in range(40):
        total, parts = objective(clips)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        found.append(float(parts["offset_l1"]))
    assert found[-1] < 0.7 * found[0]


def test_scenes_without_instances_are_refused():
    with pytest.raises(ValueError, match="without labels and instances"):
        make()(batch()._replace(point_instance=None))
