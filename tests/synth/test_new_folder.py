from pathlib import Path

import pytest

from pcv.errors import InputError, PcvError
from pcv.synth.new_folder import new_folder


def test_a_folder_is_made_or_empty(tmp_path: Path) -> None:
    for _ in range(2):
        with new_folder(tmp_path / "above" / "out"):
            assert (tmp_path / "above" / "out").is_dir()


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    for out in (tmp_path, tmp_path / "thesis.tex"):
        with pytest.raises(InputError, match="holds something already"), new_folder(out):
            raise AssertionError
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PcvError, match="the disk is full"), new_folder(tmp_path):
        raise OSError(28, "No space left on device")
