"""Pictures without a display."""

import numpy as np
import pytest
from PIL import Image

from pcv.errors import PcvError
from pcv.view import Column, colour_picture, depth_picture, principal_pictures, write_columns


def test_colours_are_bytes_whatever_was_drawn():
    image = np.array([[[0.5, 2.0, -1.0]], [[np.nan, 1.0, 0.0]]], np.float32)
    assert colour_picture(image).tolist() == [[[128, 255, 0]], [[0, 255, 0]]]


def test_near_and_far_differ_and_nothing_is_black():
    found = depth_picture(np.array([[1.0, 2.0, 3.0, 9.0, 0.0]], np.float32), 1, 3)
    assert found[0, 0].tolist() == [13, 8, 135]
    assert found[0, 2].tolist() == found[0, 3].tolist() == [240, 249, 33]
    assert found[0, 4].tolist() == [0, 0, 0]


def test_features_that_differ_look_different():
    rng = np.random.default_rng(0)
    feature = rng.normal(size=(2, 4, 6, 5)).astype(np.float32) * 0.01
    feature[:, :, :3, 2] += 1
    first, second = principal_pictures(feature)
    assert abs(int(first[0, 0, 0]) - int(first[0, 5, 0])) > 150
    assert first.shape == (4, 6, 3)
    assert np.array_equal(principal_pictures(feature)[1], second)
    assert principal_pictures(feature[..., :2])[0].shape == (4, 6, 3)


def test_columns_stand_side_by_side(tmp_path):
    red = np.zeros((4, 6, 3), np.uint8)
    red[..., 0] = 255
    path = tmp_path / "new" / "a.png"
    write_columns(path, [Column("a", [red, red]), Column("b", [red * 0, red])], enlarge=3)
    found = np.asarray(Image.open(path))
    assert found.shape == (16 + 2 * (12 + 6), 6 + 2 * (18 + 6), 3)
    assert (found == [255, 0, 0]).all(-1).sum() == 3 * 12 * 18
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(PcvError, match="cannot be written"):
        write_columns(blocked / "a.png", [Column("a", [red])])
