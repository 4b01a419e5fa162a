"""Losses of ten steps from a seed, so that a change of the mathematics does not pass unseen.

``golden_losses.txt`` holds what they were; after a change that is meant, write what the failure
shows into it. The tolerance allows for another platform's order of summation.
"""

from pathlib import Path

import pytest
import torch

from pcv.clip import ClipBatch
from pcv.config import (
    ClassifyConfig,
    EncoderConfig,
    OptimConfig,
    P4TransformerConfig,
    PointCPSCConfig,
    PointCSPConfig,
    Recipe,
    SceneSegmentConfig,
    SegmentConfig,
    SerialConfig,
)
from pcv.encoders import build_encoder
from pcv.objectives import OBJECTIVES, build_objective

SCENES = ("pointcsp", "scene_segment")  # one frame, another encoder
GOLDEN = Path(__file__).with_name("golden_losses.txt")


def recipe(name, form=None):
    small = {"channels": 16, "autoregressor_depth": 1, "autoregressor_mlp": 32, "bank_size": 16}
    objective = {
        "pointcpsc": PointCPSCConfig(
            predictor_hidden=(16, 32), temperature=0.2, assignment_weight=1.0, **small
        ),
        "classify": ClassifyConfig(hidden=16),
        "segment": SegmentConfig(class_weights=(1.0, 2.0, 3.0)),
        "pointcsp": PointCSPConfig(
            name="pointcsp", global_points=12, local_points=3, local_views=2, head_hidden=16,
            head_channels=8, prototypes=8, match_radius=0.5,
        ),
        "scene_segment": SceneSegmentConfig(name="scene_segment"),
    }[name]  # fmt: skip
    stage = "pretrain" if name in ("pointcpsc", "pointcsp") else "finetune"
    encoder = EncoderConfig(width=1 / 16, radius=0.3)
    if name in SCENES:
        encoder = SerialConfig(
            name="serial", inputs=("xyz",), channels=16, stem_blocks=1, neighbours=8, depth=2,
            heads=2, key_channels=4, value_channels=4, mlp=32,
        )  # fmt: skip
    if form:
        encoder = P4TransformerConfig(
            name="p4transformer", form=form, width=1 / 16, radius=0.3, neighbours=8,
            spatial_stride=8, depth=1, heads=2, head_channels=8, mlp=32,
        )  # fmt: skip
    base = Recipe(stage=stage, encoder=encoder, objective=objective, optim=OptimConfig())
    size = {"frames": 1 if name in SCENES else 8, "points": 64}
    return base.model_copy(update={"data": base.data.model_copy(update=size)})


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


# Not the scene form: ten steps of that size tell platforms apart, by maxima that turn over.
WITHOUT = {"gaussiancross", "scene_instances"}  # views and objects: tested beside their own
CASES = [*((name, None) for name in sorted({*OBJECTIVES} - WITHOUT)), ("pointcpsc", "action")]


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
            first = {"points": clips.points[:, :1], "point_label": clips.point_label[:, :1]}
            clips = clips._replace(**first)
        loss = objective(clips).total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append(float(loss.detach()))
    lines = dict(line.split(": ") for line in GOLDEN.read_text().splitlines())
    golden = [float(value) for value in lines[name].split()]
    text = " ".join(f"{value:.5f}" for value in found)
    assert found == pytest.approx(golden, rel=1e-3), f"{name}: {text}"
