from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.arrays import pick, read_arrays
from pcv.errors import RawFileError


def test_arrays_come_back(tmp_path: Path) -> None:
    points = np.arange(6.0).reshape(2, 3)
    np.save(tmp_path / "a.npy", points)
    np.savez(tmp_path / "a.npz", points=points, labels=[1, 2])
    np.testing.assert_array_equal(read_arrays(tmp_path / "a.npy")["points"], points)
    assert list(read_arrays(tmp_path / "a.npz")) == ["points", "labels"]


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_pickled_objects_are_never_loaded(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    {"a.npy": np.save, "a.npz": np.savez}[name](path, np.array([{"a": 1}], dtype=object))
    with pytest.raises(RawFileError, match=f"{name}: holds pickled objects"):
        read_arrays(path)
    path.write_bytes(b"\x80\x04K\x01.")  # a bare pickle
    with pytest.raises(RawFileError, match=name):
        read_arrays(path)


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
@pytest.mark.parametrize("keep", [0, 3, 7, 40, 100, -1, -30])
def test_a_truncated_file_is_one_line(tmp_path: Path, name: str, keep: int) -> None:
    path = tmp_path / name
    {"a.npy": np.save, "a.npz": np.savez_compressed}[name](path, np.arange(300.0))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(
        RawFileError, match=f"{name}: cannot be read|{name}: holds pickled"
    ) as caught:
        read_arrays(path)
    assert "\n" not in str(caught.value)


def test_a_header_that_cannot_be_true_is_refused_before_it_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((3, 3)))
    path.write_bytes(
        path.read_bytes().replace(b"(3, 3), }      ", b"(9999999999,)}"[:15].ljust(15))
    )
    with pytest.raises(RawFileError, match=r"a\.npy"):
        read_arrays(path)
    with pytest.raises(RawFileError, match="cannot be read: No such file"):
        read_arrays(tmp_path / "none.npy")


def test_an_array_is_checked_before_it_is_used() -> None:
    arrays = {"points": np.zeros((4, 3)), "names": np.array(["a"])}
    assert pick(Path("f"), arrays, "points", (None, 3)).shape == (4, 3)
    with pytest.raises(RawFileError, match="f: holds points, names, expected labels"):
        pick(Path("f"), arrays, "labels", (None,))
    with pytest.raises(RawFileError, match=r"expected numbers \(n, 2\)"):
        pick(Path("f"), arrays, "points", (None, 2))
    with pytest.raises(RawFileError, match="expected numbers"):
        pick(Path("f"), arrays, "names", (1,))
