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
    Recipe,
    SegmentConfig,
)
from pcv.encoders import build_encoder
from pcv.objectives import OBJECTIVES, build_objective
from tests.objectives.test_pointcsp import objective as pretraining
from tests.objectives.test_scene_segment import labelled
from tests.objectives.test_scene_segment import objective as finetuning

GOLDEN = Path(__file__).with_name("golden_losses.txt")


def recipe(name, form=None):
    small = {"channels": 16, "autoregressor_depth": 1, "autoregressor_mlp": 32, "bank_size": 16}
    objective = {
        "pointcpsc": PointCPSCConfig(
            predictor_hidden=(16, 32), temperature=0.2, assignment_weight=1.0, **small
        ),
        "classify": ClassifyConfig(hidden=16),
        "segment": SegmentConfig(class_weights=(1.0, 2.0, 3.0)),
    }[name]
    stage = {"pointcpsc": "pretrain", "classify": "finetune", "segment": "finetune"}[name]
    encoder = EncoderConfig(width=1 / 16, radius=0.3)
    if form:
        encoder = P4TransformerConfig(
            name="p4transformer", form=form, width=1 / 16, radius=0.3, neighbours=8,
            spatial_stride=8, depth=1, heads=2, head_channels=8, mlp=32,
        )  # fmt: skip
    base = Recipe(stage=stage, encoder=encoder, objective=objective, optim=OptimConfig())
    return base.model_copy(
        update={"data": base.data.model_copy(update={"frames": 8, "points": 64})}
    )


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
SCENES = ("pointcsp", "scene_segment")
CASES = [*((name, None) for name in sorted({*OBJECTIVES} - {*SCENES})), ("pointcpsc", "action")]


@pytest.mark.parametrize(("objective", "form"), CASES)
def test_ten_steps(objective, form):
    torch.manual_seed(0)
    name = f"{objective}-{form}" if form else objective
    wanted = recipe(objective, form)
    objective = build_objective(wanted, build_encoder(wanted.encoder), classes=3)
    optimiser = torch.optim.AdamW(objective.parameters(), 1e-3)
    found = []
    for step in range(10):
        loss = objective(moving_clips(step)).total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append(float(loss.detach()))
    lines = dict(line.split(": ") for line in GOLDEN.read_text().splitlines())
    golden = [float(value) for value in lines[name].split()]
    text = " ".join(f"{value:.5f}" for value in found)
    assert found == pytest.approx(golden, rel=1e-3), f"{name}: {text}"


@pytest.mark.parametrize("name", SCENES)
def test_ten_steps_on_scenes(name):
    torch.manual_seed(0)
    model = {"pointcsp": pretraining, "scene_segment": finetuning}[name]()
    weights = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(weights, 1e-3)
    found = []
    for step in range(10):
        loss = model(labelled(step % 4, points=160)).total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append(float(loss.detach()))
    lines = dict(line.split(": ") for line in GOLDEN.read_text().splitlines())
    golden = [float(value) for value in lines[name].split()]
    text = " ".join(f"{value:.5f}" for value in found)
    assert found == pytest.approx(golden, rel=1e-3), f"{name}: {text}"
