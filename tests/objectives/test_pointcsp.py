import pytest
import torch

from pcv.clip import ClipBatch
from pcv.config.pretexts import PointCSPConfig
from pcv.objectives.pointcsp import PointCSP
from tests.encoders.test_serial import make

SMALL = {
    "name": "pointcsp", "global_points": 16, "local_views": 1, "local_points": 8, "head_hidden": 16,
    "head_channels": 8, "prototypes": 8, "geometry_points": 4, "monitor_every": 1,
    "match_radius": 0.5,
}  # fmt: skip


def batch(count=3, points=160, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return ClipBatch(
        torch.rand(count, 1, points, 3, generator=draw), torch.zeros(count), torch.arange(count),
        point_colour=torch.randint(0, 256, (count, 1, points, 3), generator=draw).byte(),
    )  # fmt: skip


def objective(seed=0, **change):
    encoder = make(seed)
    return PointCSP(PointCSPConfig(**(SMALL | change)), encoder, total=20).train()


@pytest.mark.parametrize("flavour", ["dense", "crop"])
@pytest.mark.parametrize("targets", ["sinkhorn", "centring"])
@pytest.mark.parametrize("mode", ["cross", "single"])
def test_every_form_trains_all_but_the_teacher(flavour, targets, mode):
    model = objective(flavour=flavour, targets=targets, mode=mode)
    found = model(batch())
    found.total.backward()
    assert found.total.isfinite()
    without = [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None]
    assert without == []
    assert all(p.grad is None for p in model.teacher.parameters())
    for name in ("target_entropy", "prototype_entropy", "embedding_std", "batch_drift", "geometry"):
        assert name in found.parts
    assert not any(value.requires_grad for value in found.parts.values())


@pytest.mark.parametrize(("mode", "flows"), [("cross", True), ("single", False)])
def test_the_loss_of_one_scene_reaches_another_in_cross_mode_alone(mode, flows):
    """Crop agreement of the last scene against the colours of the first."""
    model = objective(mode=mode, local_views=0, geometry_weight=0.0, geometry_hidden=0.0)
    torch.manual_seed(1)
    crops = model.cut(model.encoder.regions(batch()))[0]
    feature = crops.regions.feature.requires_grad_()
    seen = model._look(crops._replace(regions=crops.regions._replace(feature=feature)))
    seen.logits[:, -1].square().sum().backward()
    assert bool((feature.grad[:, 0] != 0).any()) is flows


def test_dense_agreement_pairs_tokens_by_where_they_were():
    model = objective(match_radius=0.1)
    mine = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [5, 0, 0]]])
    theirs = torch.tensor([[[1.05, 0, 0], [0.02, 0, 0]]])
    log_share = torch.log_softmax(torch.randn(1, 3, 8), -1)
    target = torch.softmax(torch.randn(1, 2, 8), -1)
    wanted = -((target[0, 1] * log_share[0, 0]).sum() + (target[0, 0] * log_share[0, 1]).sum()) / 2
    torch.testing.assert_close(model._dense(log_share, target, mine, theirs), wanted)
    nobody = model._dense(log_share, target, mine + 50, theirs)
    assert float(nobody) == 0


@pytest.mark.parametrize(("same", "pairs"), [(False, 2 * 3 - 2), (True, 2 * 3)])
def test_a_crop_does_not_meet_itself_unless_asked(same, pairs):
    """Counted by the definition: n (m + n) - n pairs, or n (m + n) as printed."""
    model, calls = objective(same_view=same), []
    model._dense = lambda *parts: calls.append(1) or torch.zeros(())
    model(batch())
    assert len(calls) == pairs


def test_crop_agreement_is_the_printed_sum():
    model = objective(flavour="crop", same_view=True, geometry_weight=0.0, geometry_hidden=0.0)
    torch.manual_seed(2)
    kinds = model.cut(model.encoder.regions(batch()))
    targets, _ = model._targets(kinds[0])
    seen = [model._look(crops) for crops in kinds]
    students = torch.cat([s.logits for s in seen])
    total = 0.0
    for teacher in targets:
        for student in students:
            shares = torch.log_softmax(student / 0.1, -1)
            total = total - (teacher * shares).sum(-1).mean() / (len(targets) * len(students))
    torch.testing.assert_close(model._agreement(seen, targets, kinds[0].origin), total)


def test_the_positions_of_hidden_points_cannot_be_read_off_the_input():
    """The trap: of shown points a residual network needs no learning to say where they are."""
    model = objective(geometry_hidden=0.4)
    torch.manual_seed(0)
    crops = model.cut(model.encoder.regions(batch()))[0]
    hidden = torch.zeros(crops.origin.shape[:3], dtype=torch.bool)
    hidden[:, :, :6] = True
    moved = crops.regions.position + hidden[..., None] * torch.randn(crops.origin.shape)
    model.eval()
    before = model.encoder.trace(crops.regions, "cross", hidden)
    after = model.encoder.trace(crops.regions._replace(position=moved), "cross", hidden)
    said = [d(t) for d, t in zip(model.decoders, before[1:], strict=True)]
    again = [d(t) for d, t in zip(model.decoders, after[1:], strict=True)]
    assert all(torch.equal(one, two) for one, two in zip(said, again, strict=True))


def test_only_hidden_positions_are_asked_for():
    model = objective(geometry_points=99)
    crops = model.cut(model.encoder.regions(batch()))[0]
    hidden = torch.zeros(crops.origin.shape[:3], dtype=torch.bool)
    hidden[:, :, 3:7] = True
    layers = model.encoder.trace(crops.regions, "cross", hidden)
    truth = model.encoder.local_positions(crops.regions.position, hidden)
    wanted = torch.stack([
        (decoder(layer) - truth)[hidden].square().mean()
        for decoder, layer in zip(model.decoders, layers[1:], strict=True)
    ]).mean()  # fmt: skip
    torch.testing.assert_close(model._geometry(crops.regions, layers[1:], hidden), wanted)


def test_the_teacher_follows_once_a_step_and_rests_in_evaluation():
    model = objective()
    model(batch())
    with torch.no_grad():
        for p in model.encoder.parameters():
            p.add_(1.0)
    before = model.teacher.module.encoder.norm.weight.clone()
    model.eval()
    model(batch())
    assert torch.equal(model.teacher.module.encoder.norm.weight, before)
    model.train()
    model(batch())
    moved = model.teacher.module.encoder.norm.weight - before
    assert 0 < float(moved.max()) < 0.01
    assert model.done == pytest.approx(2 / 20)


def test_the_centre_follows_the_teacher_when_centring():
    model = objective(targets="centring")
    model(batch())
    assert (model.centre != 0).any()
    other = objective()
    other(batch())
    assert (other.centre == 0).all()


def test_twenty_steps_agree_more_and_do_not_collapse():
    torch.manual_seed(0)
    model = objective(geometry_weight=0.0, geometry_hidden=0.0)
    optimiser = torch.optim.AdamW(model.parameters(), 3e-3)
    losses = []
    for step in range(20):
        found = model(batch(seed=step % 2))
        optimiser.zero_grad()
        found.total.backward()
        optimiser.step()
        losses.append(float(found.total.detach()))
    assert sum(losses[-4:]) < sum(losses[:4])
    assert float(found.parts["embedding_std"]) > 0.1
    assert float(found.parts["prototype_entropy"]) > 0.5


def test_it_trains_in_bfloat16():
    model = objective()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = model(batch())
    found.total.backward()
    assert found.total.isfinite()
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
    plain = objective()
    torch.manual_seed(7)
    exact = plain(batch()).total
    torch.manual_seed(7)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = objective()(batch()).total
    assert float(rounded.detach()) == pytest.approx(float(exact.detach()), rel=0.05)
