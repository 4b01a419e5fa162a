import contextlib

import numpy as np
import pytest

from pcv.data.raw.posed.conventions import CONVENTIONS, OPENGL, Agreement
from pcv.errors import InputError
from tests import rooms
from tests.mutants import mutant_numbers

CAMERA = rooms.INTRINSICS + np.array([[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]])


@pytest.fixture(scope="module")
def seen() -> list:
    return rooms.frames(4, span=0.15)


def followed(seen: list, write) -> Agreement:
    agreement = Agreement()
    for frame in seen:
        agreement.add(frame.depth / 1000, CAMERA, write(frame.pose))
    return agreement


WRITE = {
    "camera-to-world": lambda pose: pose,
    "world-to-camera": np.linalg.inv,
    "camera-to-world-opengl": lambda pose: pose @ OPENGL,
    "world-to-camera-opengl": lambda pose: OPENGL @ np.linalg.inv(pose),
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_each_is_told_from_the_others(name: str, seen: list) -> None:
    agreement = followed(seen, WRITE[name])
    shares = agreement.shares()
    assert max(shares, key=lambda n: shares[n]) == name
    assert shares[name] > 0.5
    assert agreement.better_than(name) is None
    for other in set(CONVENTIONS) - {name}:
        assert agreement.better_than(other) == name


def test_where_nothing_tells_nothing_is_said(seen: list) -> None:
    assert Agreement().better_than("camera-to-world") is None
    assert followed(seen[:1], WRITE["world-to-camera"]).better_than("camera-to-world") is None
    still = followed(seen[:1] * 3, lambda pose: np.eye(4))
    assert still.better_than("world-to-camera") is None


def test_poses_that_fit_no_convention_fit_none(seen: list) -> None:
    rng = np.random.default_rng(0)
    shares = followed(seen, lambda pose: WRITE["camera-to-world"](seen[rng.integers(4)].pose))
    turned = followed(seen, lambda pose: np.roll(pose, 1, axis=0))
    assert turned.better_than("camera-to-world") is None
    assert shares.followed > 500


def test_no_pose_or_camera_escapes_as_another_error(seen: list) -> None:
    agreement = Agreement()
    agreement.add(seen[0].depth / 1000, CAMERA, seen[0].pose)
    with pytest.raises(InputError, match="cannot be inverted"):
        agreement.add(seen[1].depth / 1000, CAMERA, np.zeros((4, 4)))
    with pytest.raises(InputError, match="cannot be inverted"):
        agreement.add(seen[0].depth / 1000, CAMERA * 0, seen[0].pose)
    rng = np.random.default_rng(0)
    for number in range(60):
        agreement = Agreement()
        for frame in seen:
            given = [frame.depth / 1000, CAMERA, frame.pose]
            given[number % 3] = mutant_numbers(given[number % 3], rng)
            with contextlib.suppress(InputError):
                agreement.add(*given)
        assert all(0 <= share <= 1 for share in agreement.shares().values())
