import os
import socket
from pathlib import Path

import pytest

from pcv.regular_file import open_regular, read_regular


def test_the_bytes_of_a_file_and_of_a_link_to_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert read_regular(tmp_path / "a", 3) == read_regular(tmp_path / "link", 9) == b"abc"
    with open_regular(tmp_path / "a") as file:
        assert file.read(2) == b"ab"
        assert file.seek(0) == 0


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "socket"))
        for path, kind in (
            (tmp_path / "pipe", "a pipe"), (tmp_path / "folder", "a folder"),
            (tmp_path / "link", "a pipe"), (tmp_path / "socket", "a socket"),
            (Path("/dev/zero"), "a device"),
        ):  # fmt: skip
            with pytest.raises(OSError, match=f"this is {kind}, expected a regular") as error:
                read_regular(path, 9)
            assert error.value.filename == str(path)


@pytest.mark.parametrize(
    ("name", "why"),
    [("none", "No such file"), ("a\0b", "zero byte"), ("x" * 5000, "too long"), ("four", "4 byt")],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "four").write_bytes(b"abcd")
    with pytest.raises(OSError, match=why) as error:
        read_regular(tmp_path / name, 3)
    assert error.value.strerror


def test_a_file_that_states_no_size_is_read_up_to_the_limit() -> None:
    endless = Path("/proc/self/maps")  # a regular file of 0 bytes, as it states
    if not endless.exists():
        pytest.skip("this system has no /proc")
    with pytest.raises(OSError, match="too many"):
        read_regular(endless, 10)
