import numpy as np
import pytest

from pcv.synth.motions import ACTIONS, REST_HAND


@pytest.mark.parametrize("action", ACTIONS, ids=lambda a: a.__name__)
def test_actions_move_smoothly_and_begin_and_end_at_rest(action) -> None:
    poses = [action(t) for t in np.linspace(0, 1, 101)]
    hands = np.array([[p.left_hand, p.right_hand] for p in poses])
    assert np.isfinite(hands).all()
    feet = np.array([[p.left_foot, p.right_foot] for p in poses])
    moved = np.ptp(hands, axis=0).max() + np.ptp(feet, axis=0).max()
    assert moved > 0.1
    assert np.abs(np.diff(hands, axis=0)).max() < 0.25
    if action.__name__ not in ("jogging", "forward_kick", "side_kick"):
        np.testing.assert_allclose(hands[0, 1], REST_HAND, atol=1e-6)
