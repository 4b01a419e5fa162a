"""PointCPSC as a whole: every key of its recipe, a second augmentation, the bank, resuming."""

import copy

import pytest
import torch
from torch.nn import functional as F

from pcv.clip import ClipBatch
from pcv.config.encoder import P4TransformerConfig, PSTNetConfig
from pcv.config.pretexts import PointCPSCConfig
from pcv.encoders import build_encoder
from pcv.objectives.pointcpsc import Owners, PointCPSC

SMALL = {
    "channels": 16,
    "autoregressor_depth": 1,
    "autoregressor_heads": 2,
    "autoregressor_head_channels": 4,
    "autoregressor_mlp": 24,
    "predictor_hidden": (20, 24),
    "temperature": 0.1,
    "bank_size": 8,
    "prototypes": 3,
}


def make(encoder=None, **changes):
    torch.manual_seed(0)
    encoder = PSTNetConfig(width=1 / 16, radius=0.3, **(encoder or {}))
    config = PointCPSCConfig(**(SMALL | changes))
    return PointCPSC(config, build_encoder(encoder), frames=12, points=64)


def clips(seed=0, videos=(0, 1, 2, 2), second=False):
    draw = torch.Generator().manual_seed(seed)
    points = torch.rand(len(videos), 12, 64, 3, generator=draw)
    label = torch.full((len(videos),), -1)
    other = points * 1.1 + 0.05 if second else None
    video = torch.tensor(videos)
    return ClipBatch(points, label, video, other, video % 2)


def losses(objective, steps=2, **kwargs):
    return [objective(clips(step, **kwargs)) for step in range(steps)]


@pytest.mark.parametrize(
    "changes",
    [
        {"projector": "batchnorm"},
        {"autoregressor_depth": 2},
        {"autoregressor_heads": 3},
        {"autoregressor_head_channels": 8},
        {"autoregressor_mlp": 32},
        {"predictor_hidden": (20, 28)},
        {"channels": 12},
        {"segment_frames": 6},
        {"temperature": 0.2},
        {"anchor": "target"},
        {"negatives": "bank"},
        {"negative_subjects": "same"},
        {"neighbour_subjects": "other"},
        {"negatives": "batch"},
        {"context_negatives": True},
        {"negative_ratio": 0.3},
        {"bank_size": 1},
        {"bank_size": 0},
        {"bank_unit": "superpoint"},
        {"exclude_same_video": False},
        {"positive_neighbours": 0},
        {"positive_neighbours": 1},
        {"neighbour_weighting": "softmax"},
        {"neighbour_weighting": "add"},
        {"prototypes": 0},
        {"prototypes": 4},
        {"prototype_scope": "batch"},
        {"prototype_scale": 5.0},
        {"normalise_prototypes": True},
        {"prototype_weight": 0.5},
        {"assignment_weight": 1.0},
    ],
    ids=lambda changes: "-".join(f"{k}={v}" for k, v in changes.items()),
)
def test_every_key_has_an_effect(changes, baseline):
    if changes.get("segment_frames") == 6:  # two frames short of what PSTNet's strides need
        with pytest.raises(ValueError, match="temporal kernel"):
            make(**changes)
        return
    found = losses(make(**changes))[-1].total
    assert found.isfinite()
    assert abs(found.item() - baseline) > 1e-6


@pytest.fixture(scope="module")
def baseline():
    return float(losses(make())[-1].total.detach())


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("stop_gradient_target", {"prototypes": 0}),
        ("stop_gradient_assignment", {"assignment_weight": 1.0}),
    ],
)
def test_stopping_gradients_changes_gradients_alone(key, changes):
    found = []
    for stop in (False, True):
        objective = make(**changes, **{key: stop})
        total = objective(clips()).total
        total.backward()
        found.append((total.item(), objective.projector.weight.grad))
    assert found[0][0] == found[1][0]
    assert not torch.allclose(found[0][1], found[1][1])


def test_total_is_the_weighted_sum_of_equation_9():
    objective = make(prototype_weight=0.3, assignment_weight=0.7)
    total, parts = objective(clips())
    wanted = parts["contrast"] + 0.3 * parts["prototypes"] + 0.7 * parts["assignment"]
    assert torch.allclose(total.detach(), wanted)
    assert torch.equal(parts["loss"], total.detach())
    assert not any(part.requires_grad for part in parts.values())


def test_every_parameter_learns():
    objective = make(assignment_weight=1.0)
    objective(clips()).total.backward()
    for name, parameter in objective.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


@pytest.mark.parametrize(("unit", "size"), [("clip", 8 * 4), ("superpoint", 8)])
def test_bank_holds_unit_targets_after_the_step(unit, size):
    objective = make(bank_unit=unit)
    assert objective.bank.embedding.shape == (size, 16)
    first = objective(clips())
    assert first.parts["bank_fill"] == 0
    _, _, target = objective._embed(clips())
    embedding, video, _ = objective.bank.content()
    wanted = F.normalize(target, dim=-1).flatten(0, 2)[-size:]
    assert torch.allclose(embedding, wanted, atol=1e-5)
    assert video.tolist() == [v for v in (0, 1, 2, 2) for _ in range(4)][-size:]


def test_evaluation_leaves_the_bank_alone():
    objective = make().eval()
    objective(clips())
    assert len(objective.bank) == 0


def test_the_same_video_is_excluded():
    """A bank of one's own video only: the batch is all there is to tell apart."""
    for exclude, empty in ((True, True), (False, False)):
        objective = make(exclude_same_video=exclude, negatives="bank", prototypes=0)
        objective(clips(0, (7, 7)))
        loss = objective(clips(1, (7, 7))).total
        assert (loss.item() == 0) == empty


def people(seed, videos, subjects):
    return clips(seed, videos)._replace(subject=torch.tensor(subjects))


def test_other_subjects_do_not_repel_when_negatives_are_of_the_same():
    """Nobody is left to repel but in the batch's own subjects."""
    for choice, empty in (("any", False), ("same", True)):
        objective = make(negative_subjects=choice, negatives="bank", prototypes=0)
        objective(people(0, (1, 2), (5, 6)))
        loss = objective(people(1, (3, 4), (7, 8))).total
        assert (loss.item() == 0) == empty
        batch = make(negative_subjects=choice, negatives="batch", prototypes=0)
        apart, together = (batch(people(1, (3, 4), who)).total for who in ((7, 8), (7, 7)))
        assert (apart.item() == together.item()) == (not empty)


def test_neighbours_of_other_subjects_only():
    objective = make(neighbour_subjects="other")
    video, subject = torch.tensor([0, 1, 2]), torch.tensor([5, 5, 6])
    mine = Owners(torch.tensor([0, 3]), torch.tensor([5, 6]))
    repel, attract = objective._allowed(mine, Owners(video, subject))
    assert repel.tolist() == [[False, True, True], [True, True, True]]
    assert attract.tolist() == [[False, False, True], [True, True, False]]


def test_subjects_matter_only_where_asked():
    plain, told = make(), make()
    for step in range(2):
        first = plain(clips(step)._replace(subject=None)).total
        assert torch.equal(first, told(people(step, (0, 1, 2, 2), (5, 6, 5, 6))).total)


@pytest.mark.parametrize("key", [{"negative_subjects": "same"}, {"neighbour_subjects": "other"}])
@pytest.mark.parametrize("subject", [None, torch.tensor([0, 1, -1, 2])])
def test_unknown_subjects_are_refused_where_they_matter(key, subject):
    with pytest.raises(ValueError, match="subject"):
        make(**key)(clips()._replace(subject=subject))


def test_interpolation_carries_predictions_to_the_targets_positions():
    objective = make().eval()
    objective.autoregressor = torch.nn.Identity()
    objective.predictor = torch.nn.Identity()
    objective.position.requires_grad_(False).weight.zero_()
    objective.position.bias.zero_()
    context, position, _ = objective._embed(clips())
    found = objective._predict(context, position)
    for b in range(2):
        before, here = position[b, -2, 0], position[b, -1, 0]
        for m, one in enumerate(here):
            distance = (before - one).norm(dim=1)
            near = distance.argsort()[:3]
            weight = 1 / (distance[near] + 1e-8)
            wanted = (weight[:, None] * context[b, -1, 0, near]).sum(0) / weight.sum()
            assert torch.allclose(found[b, 0, m], wanted, atol=1e-5)


def test_a_second_augmentation_equal_to_the_first_changes_nothing():
    objective, batch = make().eval(), clips()
    alone = objective(batch).total
    twice = objective(batch._replace(second=batch.points)).total
    assert torch.allclose(alone, twice, atol=1e-5)


def test_a_second_augmentation_gives_the_target_but_positions_come_from_the_first():
    objective, batch = make().eval(), clips(second=True)
    context, position, target = objective._embed(batch)
    assert torch.equal(position, objective._embed(clips())[1])
    assert torch.allclose(context, objective._embed(clips())[0], atol=1e-6)
    other = ClipBatch(batch.second, batch.label, batch.video)
    assert torch.allclose(target, objective._embed(other)[2], atol=1e-6)


def test_a_second_augmentation_needs_prefix_anchors():
    with pytest.raises(ValueError, match="prefix"):
        make({"anchors": "fps"})(clips(second=True))


def test_fps_anchors_work_without_a_second_augmentation():
    assert make({"anchors": "fps"})(clips()).total.isfinite()


def test_context_is_needed():
    encoder = build_encoder(PSTNetConfig(width=1 / 64))
    with pytest.raises(ValueError, match="no context"):
        PointCPSC(PointCPSCConfig(**SMALL), encoder, frames=4, points=64)


def train(objective, steps):
    optimiser = torch.optim.SGD(objective.parameters(), 0.1)
    found = []
    for step in steps:
        loss = objective(clips(step)).total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append(float(loss.detach()))
    return found


def test_state_resumes_bit_identically():
    whole = make()
    train(whole, range(2))
    resumed = make()
    resumed.load_state_dict(copy.deepcopy(whole.state_dict()))
    assert train(whole, range(2, 4)) == train(resumed, range(2, 4))


def test_autocast_computes_losses_in_float32():
    objective = make(temperature=0.01)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = objective(clips())
    assert low.total.dtype == torch.float32
    full = make(temperature=0.01)(clips()).total
    assert float(low.total.detach()) == pytest.approx(float(full.detach()), rel=0.5)


def test_monitors_tell_a_collapse():
    objective = make(prototypes=0)
    healthy = objective(clips()).parts
    objective.projector.requires_grad_(False).weight.zero_()
    collapsed = objective(clips(1)).parts
    assert healthy["effective_rank"] > 1.5
    assert collapsed["embedding_std"] < 1e-3
    assert collapsed["effective_rank"] < 1.5
    assert -1 <= healthy["positive_similarity"] <= 1


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("scope", ["sample", "batch"])
@pytest.mark.parametrize(("form", "segment_frames"), [("action", 4), ("scene", 1), ("scene", 2)])
def test_p4transformer_pretrains_in_both_forms(form, segment_frames, scope, second):
    """Scenes: the soft assignment's divergence on, segments of a frame or two."""
    torch.manual_seed(0)
    encoder = P4TransformerConfig(
        name="p4transformer", form=form, width=1 / 32, radius=0.5, neighbours=4, spatial_stride=8,
        depth=1, heads=2, head_channels=8, mlp=16,
    )  # fmt: skip
    changes = {"segment_frames": segment_frames, "assignment_weight": 1.0, "prototype_scope": scope}
    frames, points = (4, 256) if form == "scene" else (12, 64)
    objective = PointCPSC(
        PointCPSCConfig(**(SMALL | changes)), build_encoder(encoder), frames=frames, points=points
    )
    for seed in (0, 1):
        cloud = torch.rand(3, frames, points, 3, generator=torch.Generator().manual_seed(seed))
        batch = ClipBatch(
            cloud, torch.full((3,), -1), torch.arange(3), cloud * 1.1 if second else None
        )
        losses = objective(batch)
        losses.total.backward()
    assert losses.parts["bank_fill"] > 0
    assert losses.parts["assignment"] > 0
    for name, parameter in objective.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
