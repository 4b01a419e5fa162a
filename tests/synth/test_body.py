import numpy as np
import pytest

from pcv.synth.body import PART_NAMES, capsules, draw_person, vary
from pcv.synth.motions import ACTIONS

PERSON = draw_person(np.random.default_rng(0))


@pytest.mark.parametrize("action", range(len(ACTIONS)))
def test_every_pose_is_finite_in_front_of_the_camera_and_of_human_size(action: int) -> None:
    for t in np.linspace(0, 1, 9):
        shapes = capsules(PERSON, ACTIONS[action](float(t)))
        assert shapes.shape == (len(PART_NAMES), 7)
        assert np.isfinite(shapes).all()
        assert (shapes[:, [2, 5]] > 1.0).all()
        height = np.ptp(shapes[:, [1, 4]])
        assert 0.6 < height < 2.6


def test_actions_differ_from_each_other() -> None:
    middles = [np.stack([capsules(PERSON, act(t)) for t in (0.1, 0.35, 0.6)]) for act in ACTIONS]
    for i, one in enumerate(middles):
        for other in middles[:i]:
            assert np.abs(one - other).max() > 0.02


def test_limbs_keep_their_length() -> None:
    row = PART_NAMES.index("right forearm")
    lengths = [
        np.linalg.norm(np.subtract(*capsules(PERSON, act(t))[row, :6].reshape(2, 3)))
        for act in ACTIONS
        for t in (0.1, 0.5, 0.9)
    ]
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-6)


def test_another_trial_is_the_same_body_moving_differently() -> None:
    other = vary(PERSON, np.random.default_rng(1))
    assert (other.height, other.girth) == (PERSON.height, PERSON.girth)
    assert other.pace != PERSON.pace
