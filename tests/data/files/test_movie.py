import sys
from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.movie import count_frames, read_grey, write_grey
from pcv.errors import InputError, RawFileError

av = pytest.importorskip("av")
SIZE = (64, 48)


def film(folder: Path, frames: int = 12) -> Path:
    images = np.zeros((frames, 48, 64), np.uint8)
    images[:, 10:30, 20:50] = np.linspace(40, 240, frames)[:, None, None]
    write_grey(folder / "sk_depth.avi", images)
    return folder / "sk_depth.avi"


def write_film(path: Path, codec: str, form: str, frames: int) -> None:
    with av.open(str(path), "w", format="avi") as container:
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, form
        container.start_encoding()  # else a film without frames is no file at all
        for _ in range(frames):
            container.mux(stream.encode(av.VideoFrame(64, 48, form)))
        container.mux(stream.encode())


def test_what_is_written_is_nearly_read(tmp_path: Path) -> None:
    path = film(tmp_path)
    assert count_frames(path) == 12
    found = read_grey(path, (3, 9), SIZE)
    assert found.shape == (6, 48, 64)
    wanted = np.linspace(40, 240, 12)[3:9]
    assert np.abs(found[:, 15:25, 25:45].mean((1, 2)) - wanted).max() < 4
    assert found[:, 40:].max() < 4
    assert [p.name for p in tmp_path.iterdir()] == ["sk_depth.avi"]


@pytest.mark.parametrize("keep", [0, 10, 300, 6000, -400])
def test_a_truncated_film_is_refused_in_one_line(tmp_path: Path, keep: int) -> None:
    path = film(tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RawFileError) as caught:
        read_grey(path, (0, 12), SIZE)
    assert "sk_depth.avi" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_film_shorter_than_its_list_says_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RawFileError, match="12 frames, expected frames 5 to 19"):
        read_grey(film(tmp_path), (5, 20), SIZE)


def test_a_film_without_frames_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sk_depth.avi"
    write_film(path, "rawvideo", "gray", 0)
    with pytest.raises(RawFileError, match=r"no frames|cannot be read as a film"):
        read_grey(path, (0, 2), SIZE)


def test_another_size_or_bit_depth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RawFileError, match="64 x 48 pixels of 8 bits, expected 320 x 240 of 8"):
        read_grey(film(tmp_path), (0, 2), (320, 240))
    write_film(tmp_path / "deep.avi", "ffv1", "gray16le", 3)
    with pytest.raises(RawFileError, match="of 16 bits"):
        read_grey(tmp_path / "deep.avi", (0, 2), SIZE)


def test_sound_and_a_missing_film_are_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.avi"), "w", format="avi") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(RawFileError, match="has no video stream"):
        read_grey(tmp_path / "sound.avi", (0, 2), SIZE)
    with pytest.raises(RawFileError, match="cannot be opened: No such file"):
        count_frames(tmp_path / "none.avi")


def test_without_pyav_one_line_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    path = film(tmp_path)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match=r"pip install 'pcv\[video\]'"):
        read_grey(path, (0, 2), SIZE)
