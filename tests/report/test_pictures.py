"""Pictures without a display."""

import numpy as np
import pytest
from PIL import Image

from pcv.errors import PcvError
from pcv.report.pictures import (
    PictureColumn,
    colour_picture,
    depth_picture,
    from_above,
    principal_pictures,
    write_columns,
)


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
    write_columns(
        path, [PictureColumn("a", [red, red]), PictureColumn("b", [red * 0, red])], enlarge=3
    )
    found = np.asarray(Image.open(path))
    assert found.shape == (16 + 2 * (12 + 6), 6 + 2 * (18 + 6), 3)
    assert (found == [255, 0, 0]).all(-1).sum() == 3 * 12 * 18
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(PcvError, match="cannot be written"):
        write_columns(blocked / "a.png", [PictureColumn("a", [red])])


def test_a_room_is_seen_from_above_without_its_ceiling():
    # Floor at y = 1, a table over part of it, a ceiling 2.5 m higher; x to the right, z to the top.
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 41), np.linspace(-1, 1, 41)), -1).reshape(-1, 2)
    floor, ceiling = (np.insert(grid, 1, y, 1) for y in (1.0, -1.5))
    table = floor[(floor[:, 0] > 0.2) & (floor[:, 2] > 0.2)] - (0, 0.7, 0)
    points = np.concatenate([ceiling, table, floor]).astype(np.float32)
    sizes = (len(ceiling), len(table), len(floor))
    colours = np.repeat(np.array([[9, 9, 9], [0, 0, 200], [0, 200, 0]], np.uint8), sizes, 0)
    picture = from_above(points, colours, 2.5, 50)
    assert picture.shape == (50, 50, 3)
    assert not (picture == 9).all(-1).any()
    assert picture[10, 40].tolist() == [0, 0, 200]  # top right
    assert picture[40, 10].tolist() == picture[10, 10].tolist() == [0, 200, 0]
    assert picture[0, 0].tolist() == [255, 255, 255]


def test_a_legend_stands_below_and_breaks_its_lines(tmp_path):
    grey = np.full((60, 90, 3), 128, np.uint8)
    legend = [("wall", (255, 0, 0)), ("other furniture", (0, 255, 0))]
    write_columns(tmp_path / "a.png", [PictureColumn("a", [grey])], legend=legend)
    found = np.asarray(Image.open(tmp_path / "a.png"))
    assert found.shape == (16 + 60 + 6 + 2 * 16, 6 + 90 + 6, 3)
    assert found[82 + 3, 6 + 3].tolist() == [255, 0, 0]
    assert found[98 + 3, 6 + 3].tolist() == [0, 255, 0]
