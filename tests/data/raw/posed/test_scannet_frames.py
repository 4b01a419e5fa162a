from pathlib import Path

import numpy as np

from pcv.data.raw.posed.scannet_frames import SCANNET


def scene(path: Path) -> Path:
    for part, ends in (("color", ".jpg"), ("depth", ".png"), ("pose", ".txt"), ("label", ".png"),
                       ("instance", ".png")):  # fmt: skip
        (path / part).mkdir(parents=True)
        for number in ("000100", "0", "20"):
            (path / part / (number + ends)).touch()
    (path / "depth/20.png").unlink()
    (path / "color/thumbs.db").touch()
    return path


def test_frames_are_matched_by_number(tmp_path: Path) -> None:
    path = scene(tmp_path / "scans/scene0000_00")
    assert SCANNET.find(tmp_path) == [path]
    entries = SCANNET.entries(path)
    assert [entry.number for entry in entries] == [0, 20, 100]
    assert entries[1].depth is None
    assert entries[2].colour == path / "color/000100.jpg"
    assert entries[0].labels == path / "label/0.png"
    assert entries[0].instances == path / "instance/0.png"


def test_intrinsics_of_both_cameras(tmp_path: Path) -> None:
    path = scene(tmp_path / "scene0000_00")
    assert SCANNET.cameras(path) is None
    np.savetxt(path / "intrinsics_depth.txt", np.diag([577.0, 578, 1, 1]))
    cameras = SCANNET.cameras(path)
    assert cameras.colour is None
    assert cameras.depth.tolist() == [[577, 0, 0], [0, 578, 0], [0, 0, 1]]
    (path / "intrinsic").mkdir()
    np.savetxt(path / "intrinsic/intrinsic_color.txt", np.diag([1170.0, 1170, 1, 1]))
    assert SCANNET.cameras(path).colour[0, 0] == 1170
