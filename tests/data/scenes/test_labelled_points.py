import contextlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcv.data.scenes.labelled_points import find_labelled_points, read_labelled_points
from pcv.errors import InputError
from tests.mutants import refusals

POINTS = np.random.default_rng(0).uniform(-2, 2, (400, 3)).astype(np.float32)


def written(folder, value):
    path = folder / "points20.json"
    path.write_text(json.dumps(value))
    return path


def test_numbers_and_positions_are_read(tmp_path):
    found = read_labelled_points(written(tmp_path, {"a": [5, 0], "b": [[1, 2.5, 3], [0, 0, 0]]}))
    assert found["a"].tolist() == [5, 0]
    assert found["b"].tolist() == [[1, 2.5, 3], [0, 0, 0]]


@pytest.mark.parametrize(
    "value",
    [
        {}, [], 3, {"a": []}, {"a": [1.5]}, {"a": [-1]}, {"a": [[1, 2]]}, {"a": [[1, 2, "x"]]},
        {"a": [[1, 2], [1]]}, {"a": [True]}, {"a": None}, {"a": [float("nan")] * 3},
        {"a": [[1, float("inf"), 0]]}, {"a": {"b": 1}}, {"a": [10**400]}, {"a": "12"},
    ],
)  # fmt: skip
def test_what_is_no_such_list_is_one_line(tmp_path, value):
    with pytest.raises(InputError, match="expected JSON, one list per scene") as caught:
        read_labelled_points(written(tmp_path, value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b'{"a": [1, }'])
def test_what_is_no_json_is_one_line(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(InputError, match="no JSON"):
        read_labelled_points(tmp_path / "x")
    with pytest.raises(InputError, match="cannot be read"):
        read_labelled_points(tmp_path / "y")


@pytest.mark.parametrize("head", [b"PK\x03\x04", pickle.dumps({"scene0000_00": [1]})])
def test_a_pickle_is_never_loaded(tmp_path, head):
    """The form in which the official lists of points come."""
    (tmp_path / "points20").write_bytes(head)
    with pytest.raises(InputError, match="a pickle, which is never loaded; expected JSON"):
        read_labelled_points(tmp_path / "points20")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 399), min_size=1, max_size=20), st.integers(1, 400))
def test_points_are_themselves_or_the_nearest_kept_one(numbers, kept):
    found = find_labelled_points(np.float64(numbers), POINTS, kept, spacing=9.0)
    gap = np.linalg.norm(POINTS[numbers][:, None] - POINTS[None, :kept], axis=2)
    assert found.tolist() == sorted(set(gap.argmin(1).tolist()))
    nearest = find_labelled_points(POINTS[numbers].astype(np.float64), POINTS, kept, spacing=9.0)
    assert nearest.tolist() == found.tolist()


def test_equal_points_are_told_apart_by_their_number():
    twice = np.concatenate([POINTS[:5], POINTS[:5]])
    assert find_labelled_points(np.float64([7, 2]), twice, 10, 0.0).tolist() == [2, 7]


def test_points_of_something_else_are_refused():
    with pytest.raises(ValueError, match="lists point 400 of 400"):
        find_labelled_points(np.float64([400]), POINTS, 400, 0.02)
    with pytest.raises(ValueError, match=r"lies \d+\.\d+ m from every point: other axes"):
        find_labelled_points(np.float64([[9, 9, 9]]), POINTS, 400, 0.02)


def test_no_damage_escapes_as_another_error(tmp_path: Path) -> None:
    points = np.random.default_rng(0).uniform(0, 2, (20, 3)).astype(np.float32)
    file = tmp_path / "l.json"
    file.write_text('{"scene0000_00": [1, 2, 3], "b": [[0.5, 1, 2], [1, 1, 1]]}')

    def read() -> None:
        for listed in read_labelled_points(file).values():
            for some, kept in ((points, 20), (points, 3), (points[:1], 1), (points[:0], 0)):
                with contextlib.suppress(ValueError):  # as it says
                    find_labelled_points(listed, some, kept, 0.02)

    assert len([*refusals([file], read, 300)]) > 50
    with pytest.raises(ValueError, match="a scene that has none"):
        find_labelled_points(np.array([0]), points, 0, 0.02)
    file.write_text('{"a": [[1e300, 1, 1]]}')
    with pytest.raises(ValueError, match=r"a position lies 1e\+300 m away"):
        find_labelled_points(read_labelled_points(file)["a"], points, 20, 0.02)
