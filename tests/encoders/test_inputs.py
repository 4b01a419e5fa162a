"""Colours and normals as an encoder reads them."""

import pytest
import torch

from pcv.clip import ClipBatch
from pcv.encoders.inputs import point_inputs

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
