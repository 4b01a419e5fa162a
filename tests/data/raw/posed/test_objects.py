"""What pixels say of a point's class and object, against the definition in words."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcv.data.raw.posed.objects import MOST, Objects

SAID = st.lists(  # of one point: class from -1, object from 0 (none)
    st.tuples(st.integers(-1, 2), st.sampled_from((0, 1, 2, 65535))), min_size=1, max_size=12
)


def voted(objects: Objects, said: list[tuple[int, int]]) -> np.ndarray:
    """One row of votes, each pixel an image of its own."""
    found = [int(objects.number(np.array([[a]], np.int16), np.array([[b]]))[0, 0]) for a, b in said]
    return np.bincount([number for number in found if number >= 0], minlength=12).astype(np.int32)


@given(st.lists(SAID, min_size=1, max_size=4))
def test_the_most_pixels_win_and_an_object_has_one_class(points: list) -> None:
    objects = Objects()
    votes = np.stack([voted(objects, said) for said in points])
    labels, instances = objects.decide(votes)
    names = list(dict.fromkeys(b for said in points for a, b in said if b and a >= 0))
    for label, instance, said in zip(labels, instances, points, strict=True):
        counted = Counter(a for a, _ in said if a >= 0)
        if not counted:
            assert (label, instance) == (-1, -1)
            continue
        assert counted[label] == max(counted.values())
        inside = Counter(b for a, b in said if a == label)
        chosen = names[instance] if instance >= 0 else 0
        assert inside[chosen] == max(inside.values())


def test_images_are_numbered_pixel_by_pixel() -> None:
    objects = Objects()
    labels = np.array([[0, 0, 1], [-1, 1, 1]], np.int16)
    instances = np.array([[7, 0, 7], [7, 7, 9]])
    numbers = objects.number(labels, instances)
    assert numbers[1, 0] == -1
    assert numbers[0, 2] == numbers[1, 1]
    assert len({*numbers.ravel().tolist()}) == 5
    assert objects.number(labels, instances).tolist() == numbers.tolist()


def test_nothing_said_is_no_class_and_no_object() -> None:
    labels, instances = Objects().decide(np.zeros((3, 0), np.int32))
    assert labels.tolist() == instances.tolist() == [-1, -1, -1]


def test_ids_that_are_anew_in_every_frame_are_refused() -> None:
    many = np.arange(MOST + 1)[None]
    with pytest.raises(ValueError, match="more than 2000 objects"):
        Objects().number(np.zeros(many.shape, np.int16), many)
