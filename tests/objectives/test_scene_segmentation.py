import pytest
import torch

from pcv.config.supervised import SceneSegmentationConfig
from pcv.objectives.drift import batch_drift
from pcv.objectives.scene_segmentation import SceneSegmentation
from tests.encoders.test_serial import make
from tests.objectives.test_pointcsp import batch


def labelled(seed=0, count=4, points=48):
    found = batch(count, points, seed)
    label = (found.points[..., 0] > 0.5).long() + (found.points[..., 1] > 0.5).long()
    label[..., ::5] = -1
    return found._replace(point_label=label)


def objective(seed=0, **change):
    config = SceneSegmentationConfig(name="scene_segment", monitor_every=1, **change)
    return SceneSegmentation(config, make(seed), classes=3, total=50).train()


def told(model, parts):
    return model.guess(parts).scores


def in_a_row(model, parts):
    return model.head(model.encoder.encode(model.encoder.regions(parts), "cross"))[0]


def train(model, steps=50, rate=3e-3):
    torch.manual_seed(1)
    weights = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(weights, rate)
    for step in range(steps):
        found = model(labelled(step % 4))
        optimiser.zero_grad()
        found.total.backward()
        optimiser.step()
    return found


def test_the_loss_is_that_of_the_labels_and_of_the_features():
    model = objective(preserve_weight=2.0, class_weights=(1.0, 2.0, 3.0)).eval()
    model.teacher.follow(model.encoder, 0.0)
    parts = labelled()
    found = model(parts)
    regions = model.encoder.regions(parts)
    student = model.encoder.encode(regions, "single")
    teacher = model.encoder.encode(regions, "cross")
    known = parts.point_label.flatten() >= 0
    scores = model.head(student).flatten(0, 2)[known]
    label = parts.point_label.flatten()[known]
    nll = -torch.log_softmax(scores, 1)[torch.arange(len(label)), label]
    task = (nll * torch.tensor([1.0, 2, 3])[label]).mean()
    normed = [torch.nn.functional.layer_norm(part, (16,)) for part in (student, teacher)]
    preserve = (normed[0] - normed[1]).square().mean()
    torch.testing.assert_close(found.total, task + 2 * preserve)
    torch.testing.assert_close(found.parts["preserve"], preserve.detach())
    plain = objective(preserve_norm=False).eval()
    plain.teacher.follow(plain.encoder, 0.0)
    torch.testing.assert_close(
        plain(parts).parts["preserve"], (student - teacher).square().mean().detach()
    )


def test_lovasz_stands_beside_cross_entropy():
    parts = labelled()
    plain, both = (objective(preserve_weight=0.0, lovasz=w).eval()(parts) for w in (0.0, 0.5))
    assert "lovasz" not in plain.parts
    torch.testing.assert_close(both.total, plain.total + 0.5 * both.parts["lovasz"])
    assert 0 < float(both.parts["lovasz"]) < 1
    assert torch.equal(both.parts["loss"], plain.parts["loss"])


def test_preservation_lowers_the_batch_drift():
    """The definition of SPD: the same weights, the same steps, with and without it."""
    unseen = labelled(99)
    drifts = {}
    for weight in (0.0, 3.0):
        model = objective(preserve_weight=weight)
        before = float(batch_drift(model.encoder, model.encoder.regions(unseen)))
        found = train(model)
        drifts[weight] = float(batch_drift(model.encoder, model.encoder.regions(unseen)))
        assert float(found.parts["point_accuracy"]) > 0.5
    assert drifts[3.0] < 0.7 * drifts[0.0]
    assert drifts[3.0] < before


def test_the_student_is_scored_alone():
    """Predictions of a scene are the same whatever else is in the batch."""
    model = objective()
    train(model, steps=5)
    model.eval()
    one, other = labelled(1), labelled(2)
    mixed = one._replace(
        points=torch.cat([one.points[:1], other.points[1:]]),
        point_colour=torch.cat([one.point_colour[:1], other.point_colour[1:]]),
    )
    torch.testing.assert_close(told(model, one)[0], told(model, mixed)[0], rtol=0, atol=1e-5)
    assert torch.equal(told(model, one)[0].argmax(-1), told(model, mixed)[0].argmax(-1))
    crossed = [in_a_row(model, part)[0] for part in (one, mixed)]
    assert (crossed[0] - crossed[1]).abs().max() > 1e-3


def test_no_gradient_goes_from_scene_to_scene_nor_to_the_teacher():
    model = objective(preserve_weight=0.0)
    parts = labelled()
    only_last = parts.point_label.clone()
    only_last[:-1] = -1
    regions = model.encoder.regions(parts)
    feature = regions.feature.requires_grad_()
    model.encoder.regions = lambda _: regions._replace(feature=feature)
    model(parts._replace(point_label=only_last)).total.backward()
    assert (feature.grad[0, -1] != 0).any()
    assert not (feature.grad[0, :-1] != 0).any()
    taught = objective()
    taught(labelled()).total.backward()
    assert all(p.grad is None for p in taught.teacher.parameters())


def test_without_preservation_there_is_no_teacher():
    model = objective(preserve_weight=0.0)
    assert model.teacher is None
    assert "preserve" not in model(labelled()).parts
    assert "batch_drift" in model(labelled()).parts


def test_the_teacher_starts_from_the_weights_that_were_loaded():
    model = objective()
    with torch.no_grad():
        model.encoder.norm.weight.fill_(3.0)
    model(labelled())
    assert (model.teacher.module.norm.weight == 3).all()


def test_labels_and_weights_that_do_not_fit():
    with pytest.raises(ValueError, match="without point labels"):
        objective()(batch())
    with pytest.raises(ValueError, match="2 weights, but the store has 3"):
        objective(class_weights=(1.0, 2.0))
    none = labelled()._replace(point_label=torch.full((4, 1, 48), -1))
    assert objective()(none).total.isfinite()


def test_it_trains_in_bfloat16():
    model = objective()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = model(labelled())
    found.total.backward()
    assert found.total.isfinite()
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)


def test_what_only_training_needs_can_be_dropped():
    model, parts = objective().eval(), labelled()
    before, names = told(model, parts), set(model.state_dict())
    model.forget_training()
    assert torch.equal(told(model, parts), before)
    assert {name.split(".")[0] for name in names} == {"encoder", "head", "teacher", "drift"}
    assert {name.split(".")[0] for name in model.state_dict()} == {"encoder", "head"}
    assert torch.isfinite(model(parts).total)
