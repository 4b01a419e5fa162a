"""Losses of ten steps from a seed, so that a change of the mathematics does not pass unseen.

``golden_losses.txt`` holds what they were; after a change that is meant, write what the failure
shows into it. The tolerance allows for another platform's order of summation.
"""

from pathlib import Path

import pytest
import torch

from pcv.clip import ClipBatch, Views
from pcv.config.data import DataConfig
from pcv.config.encoder import P4TransformerConfig, PSTNetConfig, SerialConfig, SparseUNetConfig
from pcv.config.pretexts import GaussianCrossConfig, PointCPSCConfig, PointCSPConfig
from pcv.config.recipe import Recipe
from pcv.config.supervised import (
    ClassifyConfig,
    SceneInstancesConfig,
    SceneSegmentationConfig,
    SegmentationConfig,
)
from pcv.config.training import OptimConfig
from pcv.encoders import build_encoder
from pcv.objectives import build_objective

VOXELS = ("gaussiancross", "scene_instances")
SCENES = ("pointcsp", "scene_segment", *VOXELS)  # one frame, another encoder
GOLDEN = Path(__file__).with_name("golden_losses.txt")


def recipe(name, form=None):
    small = {"channels": 16, "autoregressor_depth": 1, "autoregressor_mlp": 32, "bank_size": 16}
    objective = {
        "pointcpsc": PointCPSCConfig(
            predictor_hidden=(16, 32), temperature=0.2, assignment_weight=1.0, **small
        ),
        "classify": ClassifyConfig(hidden=16),
        "segment": SegmentationConfig(class_weights=(1.0, 2.0, 3.0)),
        "pointcsp": PointCSPConfig(
            name="pointcsp", global_points=12, local_points=3, local_views=2, head_hidden=16,
            head_channels=8, prototypes=8, match_radius=0.5,
        ),
        "scene_segment": SceneSegmentationConfig(name="scene_segment"),
        "scene_instances": SceneInstancesConfig(name="scene_instances", stuff=(0,)),
        "gaussiancross": GaussianCrossConfig(
            name="gaussiancross", lattice=(6, 4, 6), dense=(4,), dense_out=4, hidden=4, features=4,
            teacher_cell=4, keep_at_least=16,
        ),
    }[name]  # fmt: skip
    pretraining = ("pointcpsc", "pointcsp", "gaussiancross")
    stage = "pretrain" if name in pretraining else "finetune"
    encoder = PSTNetConfig(width=1 / 16, radius=0.3)
    if name in SCENES:
        encoder = SerialConfig(
            name="serial", inputs=("xyz",), channels=16, stem_blocks=1, neighbours=8, depth=2,
            heads=2, key_channels=4, value_channels=4, mlp=32,
        )  # fmt: skip
    if name in VOXELS:
        encoder = SparseUNetConfig(
            name="sparseunet", inputs=(), voxel=0.2, stem=4, channels=(4, 4), blocks=(1, 1)
        )
    if form:
        encoder = P4TransformerConfig(
            name="p4transformer", form=form, width=1 / 16, radius=0.3, neighbours=8,
            spatial_stride=8, depth=1, heads=2, head_channels=8, mlp=32,
        )  # fmt: skip
    data = DataConfig(views=2 if name == "gaussiancross" else 0)
    base = Recipe(stage=stage, data=data, encoder=encoder, objective=objective, optim=OptimConfig())
    size = {"frames": 1 if name in SCENES else 8, "points": 64}
    return base.model_copy(update={"data": data.model_copy(update=size)})


def moving_clips(step):
    """Four blobs that drift; the way they drift is their label."""
    draw = torch.Generator().manual_seed(step)
    shape = torch.rand(4, 1, 64, 3, generator=draw)
    label = torch.arange(4) % 3
    drift = torch.nn.functional.one_hot(label, 3)[:, None, None] * 0.05
    points = shape + drift * torch.arange(8)[None, :, None, None]
    points = points + 0.01 * torch.randn(4, 8, 64, 3, generator=draw)
    around = (points[..., 0] * 3).long().clamp(-1, 2)
    video = torch.arange(4) + 4 * (step % 2)
    return ClipBatch(points, label, video, point_label=around)


def scenes_of(clips, step):
    """The first frames alone, what two cameras saw of them, and two objects in each."""
    draw = torch.Generator().manual_seed(100 + step)
    points = clips.points[:, :1]
    pose = torch.eye(4).repeat(4, 2, 1, 1)
    pose[:, :, 2, 3], pose[:, 1, 0, 3] = 1.5, 0.1
    camera = torch.tensor([[10.0, 0, 2], [0, 10, 2], [0, 0, 1]]).expand(4, 2, 3, 3)
    colour = torch.rand(4, 2, 8, 10, 3, generator=draw)
    depth = 1.5 + torch.rand(4, 2, 8, 10, generator=draw)
    return clips._replace(
        points=points,
        point_label=clips.point_label[:, :1],
        point_instance=(points[..., 1] > 0.5).long(),
        views=Views(colour, depth, camera, pose),
    )


# Not the scene form: ten steps of that size tell platforms apart, by maxima that turn over.
GOLDENS = dict(line.split(": ") for line in GOLDEN.read_text().splitlines())
CASES = [(name.partition("-")[0], name.partition("-")[2] or None) for name in GOLDENS]


def test_no_line_was_lost():
    own = {"pointcpsc", "pointcsp", "gaussiancross", "classify", "segment", "scene_segment"}
    assert own | {"scene_instances", "pointcpsc-action"} <= set(GOLDENS)


@pytest.mark.parametrize(("objective", "form"), CASES)
def test_ten_steps(objective, form):
    torch.manual_seed(0)
    name = f"{objective}-{form}" if form else objective
    wanted = recipe(objective, form)
    objective = build_objective(wanted, build_encoder(wanted.encoder), classes=3)
    optimiser = torch.optim.AdamW(objective.parameters(), 1e-3)
    found = []
    for step in range(10):
        clips = moving_clips(step)
        if name in SCENES:
            clips = scenes_of(clips, step)
        loss = objective(clips).total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append(float(loss.detach()))
    golden = [float(value) for value in GOLDENS[name].split()]
    text = " ".join(f"{value:.5f}" for value in found)
    assert found == pytest.approx(golden, rel=1e-3), f"{name}: {text}"
