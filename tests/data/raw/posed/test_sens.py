"""Damaged .sens files; whole ones are read in test_rgbd."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcv.data.prepare import prepare
from pcv.data.raw.posed.sens import SENS, read_header
from pcv.data.raw.rgbd import RgbdScenes
from pcv.data.store.store import open_store
from pcv.errors import InputError, RawFileError
from tests import rooms


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rooms.sens(tmp_path_factory.mktemp("sens") / "scene0000_00.sens", rooms.frames(4, 0.15))


def test_a_header_tells_cameras_and_sizes(whole: Path) -> None:
    header = read_header(whole)
    assert header.size == rooms.SIZE
    assert header.frames == 4
    np.testing.assert_allclose(header.depth, rooms.INTRINSICS, rtol=1e-6)
    assert len(SENS.entries(whole)) == 4


def changed(whole: Path, tmp_path: Path, at: int, data: bytes) -> Path:
    raw = bytearray(whole.read_bytes())
    raw[at : at + len(data)] = data
    path = tmp_path / "scene.sens"
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("at", "data", "said"),
    [
        (0, struct.pack("<I", 3), "version 3, expected 4"),
        (4, struct.pack("<Q", 1 << 60), "a sensor's name of"),
        (17 + 256, struct.pack("<i", 0), "compressions 0 and 1"),
        (17 + 256 + 4, struct.pack("<i", 2), "compressions 2 and 2"),
        (17 + 256 + 16, struct.pack("<I", 1 << 30), "pixels"),
        (17 + 256 + 24, struct.pack("<f", 500), "500 units of depth per metre"),
        (17 + 256 + 28, struct.pack("<Q", 1 << 50), "frames of"),
    ],
)
def test_a_wrong_header_is_one_line(
    at: int, data: bytes, said: str, whole: Path, tmp_path: Path
) -> None:
    with pytest.raises(RawFileError, match=said):
        read_header(changed(whole, tmp_path, at, data))


@pytest.mark.parametrize("keep", [0, 3, 100, 300])
def test_a_file_cut_within_its_header_is_refused(keep: int, whole: Path, tmp_path: Path) -> None:
    (tmp_path / "scene.sens").write_bytes(whole.read_bytes()[:keep])
    with pytest.raises(RawFileError, match=r"not a \.sens file of ScanNet: cut short"):
        read_header(tmp_path / "scene.sens")
    with pytest.raises(InputError, match="cut short"):
        prepare(RgbdScenes(tmp_path), tmp_path, tmp_path / "out")


def test_a_truncated_file_gives_the_frames_before_the_cut(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    offset = SENS.entries(whole)[2].offset
    for name, keep in (("a", offset + 200), ("b", offset + 20)):
        (tmp_path / f"raw/{name}.sens").write_bytes(whole.read_bytes()[:keep])
    prepare(
        RgbdScenes(tmp_path / "raw", voxel=0.05), tmp_path / "raw", tmp_path / "out", points=9999
    )
    store = open_store(tmp_path / "out")
    assert store.views.count.tolist() == [2, 2]
    assert store.attributes["dropped_frames"] == [
        "a: frame 2: damaged: cut short in frame 2 of 4 (a.sens)",
        "b: frame 2: damaged: cut short in frame 2 of 4 (b.sens)",
    ]


@given(st.integers(0, 10**9), st.binary(min_size=1, max_size=6))
def test_damage_anywhere_is_an_error_that_says_so_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, whole: Path, at: int, data: bytes
) -> None:
    raw = bytearray(whole.read_bytes())
    at %= len(raw)
    raw[at : at + len(data)] = data
    path = tmp_path_factory.mktemp("damaged") / "scene.sens"
    path.write_bytes(raw)
    try:
        for entry in SENS.entries(path)[:6]:
            frame = SENS.load(path, entry)
            assert frame.colour.ndim == 3
    except RawFileError as error:
        assert "\n" not in str(error)  # noqa: PT017
