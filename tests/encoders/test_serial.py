import pytest
import torch

from pcv.clip import ClipBatch, Regions
from pcv.config.encoder import SerialConfig
from pcv.encoders import build_encoder

SMALL = {
    "name": "serial", "channels": 16, "stem_blocks": 1, "neighbours": 4, "depth": 2, "heads": 2,
    "key_channels": 4, "value_channels": 6, "mlp": 24,
}  # fmt: skip


def make(seed=0, **change):
    torch.manual_seed(seed)
    encoder = build_encoder(SerialConfig(**(SMALL | change)))
    with torch.no_grad():
        for block in encoder.blocks:  # slow decay: what is far away still shows
            block.mixer.log_rate.fill_(-3.0)
    return encoder.eval()


def scenes(count=3, points=24, views=1, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return Regions(
        torch.rand(views, count, points, 3, generator=draw),
        torch.rand(views, count, points, 3, generator=draw) * 2 - 1,
    )


def replaced(regions, scene, seed=9):
    other = scenes(
        regions.position.shape[1], regions.position.shape[2], regions.position.shape[0], seed
    )
    place, feature = regions.position.clone(), regions.feature.clone()
    place[:, scene], feature[:, scene] = other.position[:, scene], other.feature[:, scene]
    return Regions(place, feature)


@pytest.mark.parametrize("order", ["shuffle", "hilbert", "z", "none"])
@pytest.mark.parametrize("training", [False, True])
def test_single_mode_does_not_see_the_other_scenes(order, training):
    encoder = make(order=order).train(training)
    regions = scenes(views=2)

    def first(regions):
        torch.manual_seed(5)
        return encoder.encode(regions, "single")[:, :1]

    alone = first(Regions(regions.position[:, :1], regions.feature[:, :1]))
    torch.testing.assert_close(first(regions), alone, rtol=0, atol=1e-6)
    torch.testing.assert_close(first(replaced(regions, 2)), alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("order", "scope"), [
    ("shuffle", "batch"), ("shuffle", "sample"), ("hilbert", "batch"), ("hilbert", "sample"),
    ("z", "batch"), ("none", "sample"),
])  # fmt: skip
def test_cross_mode_sees_the_scenes_before(order, scope):
    encoder, regions = make(order=order, order_scope=scope), scenes()
    last = encoder.encode(regions, "cross")[:, 2]
    assert (encoder.encode(replaced(regions, 0), "cross")[:, 2] - last).abs().max() > 1e-4


@pytest.mark.parametrize(("mode", "flows"), [("cross", True), ("single", False)])
def test_gradient_flows_from_sample_to_sample_in_cross_mode_alone(mode, flows):
    encoder, regions = make(), scenes()
    feature = regions.feature.requires_grad_()
    encoder.encode(Regions(regions.position, feature), mode)[:, -1].square().sum().backward()
    assert bool((feature.grad[:, 0] != 0).any()) is flows
    assert (feature.grad[:, -1] != 0).any()


def test_one_way_and_by_sample_no_gradient_comes_from_scenes_after():
    encoder, regions = make(order_scope="sample"), scenes()
    feature = regions.feature.requires_grad_()
    encoder.encode(Regions(regions.position, feature), "cross")[:, 0].square().sum().backward()
    assert not (feature.grad[:, 1:] != 0).any()
    both = make(order_scope="sample", bidirectional=True)
    feature.grad = None
    both.encode(Regions(regions.position, feature), "cross")[:, 0].square().sum().backward()
    assert (feature.grad[:, 1:] != 0).any()


def test_the_modes_differ_in_a_reshape_alone():
    """One scene a batch: nothing is left to differ."""
    encoder, regions = make(), scenes(count=1, views=3)
    assert torch.equal(encoder.encode(regions, "cross"), encoder.encode(regions, "single"))


def test_views_of_one_slot_never_see_another_slot():
    encoder, regions = make(), scenes(views=2)
    alone = encoder.encode(Regions(regions.position[:1], regions.feature[:1]), "cross")
    torch.testing.assert_close(
        encoder.encode(regions, "cross")[:1], alone, rtol=0, atol=1e-6
    )  # fmt: skip


def test_a_norm_over_the_batch_leaks_while_training_and_says_so_by_name():
    encoder, regions = make(norm="batch").train(), scenes()

    def first(regions):
        torch.manual_seed(5)
        return encoder.encode(regions, "single")[:, 0]

    assert (first(regions) - first(replaced(regions, 2))).abs().max() > 1e-4


def test_shuffles_are_fixed_when_evaluating_and_drawn_when_training():
    encoder, regions = make(), scenes()
    assert torch.equal(encoder.encode(regions, "cross"), encoder.encode(regions, "cross"))
    encoder.train()
    drawn = [encoder.encode(regions, "cross") for _ in range(2)]
    assert not torch.equal(*drawn)
    torch.manual_seed(3)
    one = encoder.encode(regions, "cross")
    torch.manual_seed(3)
    assert torch.equal(one, encoder.encode(regions, "cross"))


def test_hidden_positions_are_not_used():
    regions = scenes()
    hidden = torch.zeros(1, 3, 24, dtype=torch.bool)
    hidden[:, :, 5:12] = True
    moved = regions.position + hidden[..., None] * torch.randn(1, 3, 24, 3)
    for order in ("shuffle", "hilbert"):
        encoder = make(order=order)
        one = encoder.trace(regions, "cross", hidden)
        two = encoder.trace(Regions(moved, regions.feature), "cross", hidden)
        for first, second in zip(one, two, strict=True):
            assert torch.equal(first, second)
    assert not torch.equal(
        encoder.encode(regions, "cross"), encoder.encode(regions, "cross", hidden)
    )


def test_where_a_region_lies_does_not_matter_nor_its_size_where_so_configured():
    regions = scenes()
    far = Regions(regions.position * 2 + 4, regions.feature)
    for kind, same in (("radius", True), ("centre", False)):
        encoder = make(normalise=kind)
        found = torch.allclose(
            encoder.encode(regions, "single"), encoder.encode(far, "single"), atol=1e-4
        )
        assert found is same


def test_batches_become_regions_with_the_channels_asked_for():
    batch = ClipBatch(
        torch.rand(2, 1, 8, 3), torch.zeros(2), torch.arange(2),
        point_colour=torch.full((2, 1, 8, 3), 255, dtype=torch.uint8),
        point_normal=torch.rand(2, 1, 8, 3),
    )  # fmt: skip
    found = make(inputs=("xyz", "normal", "colour")).regions(batch)
    assert found.position.shape == (1, 2, 8, 3)
    assert torch.equal(found.feature[0, ..., :3], batch.point_normal[:, 0])
    assert (found.feature[..., 3:] == 1).all()
    with pytest.raises(ValueError, match="reads colour, but the points have none"):
        make().regions(batch._replace(point_colour=None))
    bare = make(inputs=("normal",))
    assert bare.encode(bare.regions(batch), "single").shape == (1, 2, 8, 16)


def test_it_serves_clips_whose_points_have_positions_alone():
    encoder = make(inputs=("xyz",))
    found = encoder(torch.rand(2, 3, 8, 3))
    assert found.feature.shape == (2, 3, 8, 16)
    assert encoder.superpoints(3, 8) == (3, 8)
    decoded = encoder.decoder()(torch.rand(2, 3, 8, 3), encoder.levels(torch.rand(2, 3, 8, 3)))
    assert decoded.shape == (2, 3, 8, 16)
    with pytest.raises(ValueError, match="positions alone"):
        make()(torch.rand(2, 3, 8, 3))
