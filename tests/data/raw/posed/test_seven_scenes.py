from pathlib import Path

import numpy as np

from pcv.data.raw.posed.seven_scenes import PUBLISHED, SEVEN_SCENES


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def test_frames_are_found_by_name_whatever_is_missing(tmp_path: Path) -> None:
    seq = tmp_path / "office/seq-01"
    touch(seq, "frame-000010.color.png", "frame-000010.depth.png", "frame-000010.pose.txt")
    touch(seq, "frame-000002.color.jpg", "frame-000002.pose.txt", "frame-2.depth.png", "Thumbs.db")
    assert SEVEN_SCENES.find(tmp_path) == [seq]
    first, second = SEVEN_SCENES.entries(seq)
    assert (first.number, first.depth, second.number) == (2, None, 10)
    assert first.colour == seq / "frame-000002.color.jpg"
    assert len(second.files) == 3


def test_intrinsics_are_beside_the_frames_above_them_or_published(tmp_path: Path) -> None:
    seq = tmp_path / "seq-01"
    seq.mkdir()
    assert SEVEN_SCENES.cameras(seq).path is None
    np.testing.assert_array_equal(SEVEN_SCENES.cameras(seq).depth, PUBLISHED)
    np.savetxt(tmp_path / "camera-intrinsics.txt", PUBLISHED + 1)
    np.testing.assert_array_equal(SEVEN_SCENES.cameras(seq).depth, PUBLISHED + 1)
    np.savetxt(seq / "camera-intrinsics.txt", PUBLISHED + 2)
    assert SEVEN_SCENES.cameras(seq).path == seq / "camera-intrinsics.txt"
