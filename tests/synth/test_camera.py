import numpy as np
import pytest

from pcv.synth.body import capsules, draw_person
from pcv.synth.camera import PinholeCamera, render_capsules, sense_by_disparity, sense_by_time
from pcv.synth.motions import ACTIONS


def test_depth_is_that_of_the_capsules() -> None:
    """A ray's first hit lies on a capsule: its distance to the axis is the radius."""
    shapes = capsules(draw_person(np.random.default_rng(3)), ACTIONS[10](0.5))
    depth, parts = render_capsules(shapes, PinholeCamera(320, 240, (280.0, 290.0), (150.0, 120.0)))
    rows, columns = np.nonzero(np.isfinite(depth))
    for row, column in list(zip(rows, columns, strict=True))[::97]:
        ray = np.array([(column - 150) / 280, (row - 120) / 290, 1.0])
        a, b, r = np.split(shapes[parts[row, column] - 1], [3, 6])
        point = ray * depth[row, column]
        along = np.clip((point - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        assert np.linalg.norm(point - a - along * (b - a)) == pytest.approx(r[0], abs=1e-3)


@pytest.mark.parametrize("sense", [sense_by_disparity, sense_by_time])
def test_sensors_measure_millimetres_and_leave_misses_at_zero(sense) -> None:
    exact = np.full((40, 50), np.inf, np.float32)
    exact[10:30, 10:30] = 2.5
    depth = sense(exact, np.random.default_rng(0))
    assert not depth[:9].any()
    assert abs(float(np.median(depth[12:28, 12:28])) - 2500) < 15
