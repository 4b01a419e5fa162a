import numpy as np
import pytest
import torch

from pcv.clip import ClipBatch
from pcv.config.scoring import EvalConfig
from pcv.data.scenes.passes import passes, show

POINTS = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 1, 50, 3)).astype(np.float32))
BATCH = ClipBatch(
    POINTS, torch.zeros(2), torch.arange(2),
    point_normal=torch.nn.functional.normalize(POINTS + 1, dim=-1),
    point_colour=torch.ones(2, 1, 50, 3, dtype=torch.uint8),
)  # fmt: skip
FIELD = EvalConfig(turns=4, scales=(1.0, 0.95, 1.05), mirror=True)


def test_the_fields_passes_are_thirteen():
    found = passes(FIELD)
    assert len(found) == FIELD.passes == 13
    assert len({(tuple(one.turn.ravel()), one.scale) for one in found}) == 13
    assert EvalConfig().passes == len(passes(EvalConfig())) == 1


@pytest.mark.parametrize("config", [FIELD, EvalConfig(turns=7, scales=(0.5,))])
def test_shapes_stay_and_the_vertical_stays_vertical(config):
    """Distances are those of before times the scale, and heights too; normals turn with points."""
    for one in passes(config):
        found = show(BATCH, one)
        before, after = (torch.cdist(b.points[0, 0].double(), b.points[0, 0].double())
                         for b in (BATCH, found))  # fmt: skip
        torch.testing.assert_close(after, before * one.scale, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(found.points[..., 1], BATCH.points[..., 1] * one.scale)
        across = (BATCH.points * BATCH.point_normal).sum(-1)
        again = (found.points * found.point_normal).sum(-1) / one.scale
        torch.testing.assert_close(again, across, atol=1e-5, rtol=1e-5)
        assert found.point_colour is BATCH.point_colour


def test_turns_are_spread_over_the_circle_and_only_the_mirror_reflects():
    turned = [one for one in passes(FIELD) if np.linalg.det(one.turn) > 0]
    angles = [round(np.rad2deg(np.arctan2(one.turn[0, 2], one.turn[0, 0]))) % 360 for one in turned]
    assert angles == [0, 90, 180, 270] * 3
    assert [one.scale for one in turned] == [1.0] * 4 + [0.95] * 4 + [1.05] * 4
    mirrored = show(BATCH, passes(FIELD)[-1]).points
    assert torch.equal(mirrored, BATCH.points * torch.tensor([-1.0, 1, 1]))


def test_without_normals():
    assert show(BATCH._replace(point_normal=None), passes(FIELD)[1]).point_normal is None
