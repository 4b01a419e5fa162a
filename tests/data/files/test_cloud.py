from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.cloud import byte_colour, from_columns, from_fields, whole_labels
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
