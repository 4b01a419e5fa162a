"""Pooling superpoints, against loops."""

import pytest
import torch

from pcv.nn.readout import read, read_width


@pytest.mark.parametrize("how", ["max", "mean+max", "segments"])
def test_read_against_a_loop(how):
    feature = torch.randn(2, 3, 2, 4, 5)
    rows = []
    for clip in feature:
        if how == "segments":
            parts = [s.flatten(0, 1) for s in clip]
            rows.append(torch.cat([v for s in parts for v in (s.mean(0), s.max(0).values)]))
            continue
        frames = [f for s in clip for f in s]
        mean = torch.stack([f.mean(0) for f in frames]).max(0).values
        top = torch.stack([f.max(0).values for f in frames]).max(0).values
        rows.append(mean if how == "max" else torch.cat([mean, top]))
    found = read(feature, how)
    assert found.shape == (2, read_width(5, 3, how))
    assert torch.allclose(found, torch.stack(rows), atol=1e-6)
