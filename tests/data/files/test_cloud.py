from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.cloud import (
    Asked,
    as_declared,
    byte_colour,
    from_columns,
    from_fields,
    full_colour,
    whole_labels,
)
from pcv.errors import RawFileError

FILE = Path("f")


def test_fields_go_by_any_case_and_name() -> None:
    one = np.array([1.0])
    cloud = from_fields(FILE, {"X": one, "y": one, "Z": one, "Scalar_Label": one, "R": one,
                               "G": one, "B": one})  # fmt: skip
    assert (cloud.points.tolist(), cloud.labels.tolist()) == ([[1, 1, 1]], [1])
    assert cloud.colour.tolist() == [[255, 255, 255]]  # fractions
    assert from_fields(FILE, {"x": one, "y": one, "z": one})[1:] == (None, None, None)


def test_normals_go_by_the_names_of_ply_and_pcd() -> None:
    place = dict.fromkeys("xyz", np.array([1.0]))
    for names in (("nx", "ny", "nz"), ("Normal_X", "normal_y", "normal_z")):
        normal = {name: np.array([n], np.float32) for n, name in enumerate(names)}
        assert from_fields(FILE, place | normal).normals.tolist() == [[0, 1, 2]]
    assert from_fields(FILE, place | {"nx": np.array([1.0])}).normals is None


def test_tables_are_told_by_their_width() -> None:
    for width, labels, colour in ((3, None, None), (4, [9], None), (6, None, [7, 7, 7]),
                                  (7, [9], [7, 7, 7])):  # fmt: skip
        row = [1, 2, 3] + [7] * (3 * (width > 4)) + [9] * (width in (4, 7))
        cloud = from_columns(FILE, np.array([row], float))
        assert (None if cloud.labels is None else cloud.labels.tolist()) == labels
        assert (None if cloud.colour is None else cloud.colour[0].tolist()) == colour
    for shape in ((4,), (4, 2), (4, 5), (4, 9)):
        with pytest.raises(RawFileError, match="f: a table of shape"):
            from_columns(FILE, np.zeros(shape))


def test_values_that_do_not_fit_are_refused() -> None:
    with pytest.raises(RawFileError, match="not whole numbers"):
        whole_labels(FILE, np.array([0.5]))
    for wrong in ([[300.0, 0, 0]], [[-1, 0, 0]], [[np.nan, 2.0, 2.0]]):
        with pytest.raises(RawFileError, match="beyond 0 to 255"):
            byte_colour(FILE, np.array(wrong))


def test_what_is_not_asked_for_refuses_nothing() -> None:
    table = np.array([[1, 2, 3, 400.5, -2, np.nan, 0.5]])
    assert from_columns(FILE, table, Asked(False, False, False))[1:] == (None, None, None)
    assert from_columns(FILE, table[:, :4], Asked(labels=False)).labels is None
    with pytest.raises(RawFileError, match="not whole numbers"):
        from_columns(FILE, table[:, :4])


@pytest.mark.parametrize(
    ("frames", "wanted"),
    [
        ([np.array([[0, 1, 0]], np.uint8)], 255),
        ([np.array([[0.0, 1, 0]])], 1),
        ([np.array([[0.0, 1, 0]]), np.array([[0.0, 200, 0]])], 255),  # the first is a dark one
        ([np.array([[9, 9, 9]], np.uint16)], 255),
        ([np.array([[9, 9, 9]], np.uint16), np.array([[9, 256, 9]], np.uint16)], 65535),
        ([None, np.empty((0, 3)), np.array([[0, 1, 0]])], 255),
        ([], 255),
    ],
)
def test_all_frames_tell_what_full_colour_is(frames: list, wanted: float) -> None:
    assert full_colour(frames) == wanted


def test_colours_become_bytes_by_type_and_by_full_colour() -> None:
    ones = [[0, 1, 1]]
    for values, brightest, wanted in (
        (np.array(ones, np.uint8), None, ones),
        (np.array(ones, np.uint8), 1, ones),
        (np.array(ones, np.float32), None, [[0, 255, 255]]),
        (np.array(ones, np.float32), 255, ones),
        (np.array([[0, 255, 512]], np.uint16), 65535, [[0, 0, 2]]),
        (np.array([[0, 255, 65535]], np.uint16), None, [[0, 0, 255]]),
    ):
        assert byte_colour(FILE, values, brightest=brightest).tolist() == wanted
    with pytest.raises(RawFileError, match="beyond 0 to 255"):
        byte_colour(FILE, np.array([[300, 0, 0]]))


def test_numbers_of_a_text_take_the_type_that_is_declared() -> None:
    column = np.array([0.0, 1.0])
    assert as_declared(column, np.dtype("u1")).dtype == np.uint8
    for kept, kind in ((column, "f4"), (column + 0.5, "u1"), (column * 300, "u1"), (-column, "u1")):
        assert as_declared(kept, np.dtype(kind)) is kept
