"""Features of a teacher on disk."""

import numpy as np
import pytest

from pcv.data.scenes.teacher_features import (
    TeacherFeatures,
    feature_file,
    finish_features,
    write_features,
)
from pcv.errors import RawFileError, StoreError


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for frame in (3, 8):
        write_features(tmp_path, "a/b", frame, rng.normal(size=(2, 3, 4)))
    finish_features(tmp_path, "model", (2, 3, 4))
    return tmp_path


def test_what_is_written_is_read(folder):
    found = TeacherFeatures(folder)
    assert found.model == "model"
    assert found.read("a/b", np.array([8, 3])).shape == (2, 2, 3, 4)
    assert (folder / "a-b" / "000003.npy").is_file()


def test_names_stay_inside(tmp_path):
    for name in ("../../x", "/x", "..", ""):
        assert feature_file(tmp_path, name, 1).resolve().is_relative_to(tmp_path.resolve())


def test_bad_files_are_one_line(folder):
    features, file = TeacherFeatures(folder), folder / "a-b" / "000003.npy"
    with pytest.raises(RawFileError, match="features of this view are missing"):
        features.read("a/b", np.array([4]))
    np.save(file, np.zeros((2, 3, 5), np.float16))
    with pytest.raises(RawFileError, match=r"has shape \(2, 3, 5\), index.json says \(2, 3, 4\)"):
        features.read("a/b", np.array([3]))
    np.save(file, np.full((2, 3, 4), np.nan, np.float16))
    with pytest.raises(RawFileError, match="not finite"):
        features.read("a/b", np.array([3]))
    np.save(file, np.array([{}], object), allow_pickle=True)
    with pytest.raises(RawFileError, match=r"is not an \.npy"):
        features.read("a/b", np.array([3]))
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(RawFileError, match=r"is not an \.npy"):
        features.read("a/b", np.array([3]))


def test_an_unfinished_folder_is_refused(tmp_path):
    with pytest.raises(StoreError, match="pcv teach writes them"):
        TeacherFeatures(tmp_path)
    (tmp_path / "index.json").write_text(
        '{"format": "x", "version": 1, "shape": [1, 1, 1], "model": "m"}'
    )
    with pytest.raises(StoreError, match="expected pcv-teacher"):
        TeacherFeatures(tmp_path)
