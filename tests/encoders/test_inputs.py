"""Colours and normals as an encoder reads them."""

import pytest
import torch

from pcv.clip import ClipBatch
from pcv.encoders.inputs import batch_of, point_inputs

LABEL = torch.zeros(1, dtype=torch.long)


def test_the_order_is_that_of_the_names():
    colour = torch.tensor([[[[0, 255, 51]]]], dtype=torch.uint8)
    normal = torch.tensor([[[[0.0, 1, 0]]]])
    batch = ClipBatch(normal, LABEL, LABEL, point_colour=colour, point_normal=normal)
    expected = torch.tensor([-1.0, 1, -0.6, 0, 1, 0])
    assert torch.allclose(point_inputs(batch, ("colour", "normal"))[0, 0, 0], expected)
    assert torch.allclose(point_inputs(batch, ("normal", "colour"))[0, 0, 0], expected.roll(3))
    assert point_inputs(batch, ()).tolist() == [[[[1.0]]]]
    with pytest.raises(ValueError, match="the points have none"):
        point_inputs(batch._replace(point_colour=None), ("colour",))


def test_values_after_positions_are_what_a_batch_of_stored_points_holds():
    draw = torch.Generator().manual_seed(0)
    positions, normal = torch.rand(2, 2, 1, 50, 3, generator=draw)
    colour = torch.randint(0, 256, positions.shape, generator=draw).to(torch.uint8)
    stored = ClipBatch(positions, LABEL, LABEL, point_colour=colour, point_normal=normal)
    for names in (("colour", "normal"), ("normal", "colour"), ("normal",), ()):
        values = {"colour": colour.float() / 255, "normal": normal}
        found = batch_of(torch.cat([positions, *(values[name] for name in names)], -1), names)
        assert torch.equal(found.points, positions)
        assert torch.equal(point_inputs(found, names), point_inputs(stored, names))
        with pytest.raises(ValueError, match="expected"):
            batch_of(torch.rand(2, 1, 50, 4), names)
