"""One frame: what it becomes at its own size and at a smaller one."""

from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.posed.frame import FrameReader, KeptViews
from pcv.data.raw.posed.layout import pinhole
from pcv.data.raw.posed.scannet_frames import SCANNET
from pcv.data.raw.posed.seven_scenes import SEVEN_SCENES
from pcv.errors import RawFileError
from tests import rooms


@pytest.fixture(scope="module")
def seen() -> list:
    return rooms.frames(2)


def test_a_smaller_view_keeps_depth_colour_and_camera_together(tmp_path: Path, seen: list) -> None:
    path = rooms.seven_scenes(tmp_path / "room", seen)
    entries, cameras = SEVEN_SCENES.entries(path), SEVEN_SCENES.cameras(path)
    reader = FrameReader(SEVEN_SCENES, (30, 40), "-y", 0.001, "camera-to-world", {})
    full = reader.full(path, entries[1], cameras).view
    small = reader.view(path, entries[1], cameras)
    np.testing.assert_allclose(np.linalg.inv(full.world_to_camera), seen[1].pose, atol=1e-9)
    np.testing.assert_array_equal(small.world_to_camera, full.world_to_camera)
    np.testing.assert_allclose(small.intrinsics[:2], full.intrinsics[:2] / 2)
    blocks = full.colour.reshape(30, 2, 40, 2, 3).mean((1, 3))
    assert np.abs(small.colour - blocks).max() <= 0.5
    assert (small.depth[:, :, None] == full.depth.reshape(30, 2, 40, 2).transpose(0, 2, 1, 3)
            .reshape(30, 40, 4)).any(2).all()  # fmt: skip
    views = KeptViews(reader, path, cameras, entries)
    assert len(views) == 2
    assert [view.frame for view in views[0:2]] == [0, 1]


def test_an_axis_that_points_up_is_turned_up(tmp_path: Path, seen: list) -> None:
    path = rooms.scannet(tmp_path / "room", seen)
    cameras = SCANNET.cameras(path)
    reader = FrameReader(SCANNET, rooms.SIZE, "z", 0.001, "camera-to-world", {})
    view = reader.full(path, SCANNET.entries(path)[0], cameras).view
    np.testing.assert_allclose(np.linalg.inv(view.world_to_camera), seen[0].pose, atol=1e-9)


def test_colour_of_a_camera_with_another_view_is_matched_by_intrinsics(
    tmp_path: Path, seen: list
) -> None:
    """Depth is the middle of what colour shows: its pixels find theirs."""
    path = rooms.scannet(tmp_path / "room", seen)
    cameras = SCANNET.cameras(path)
    inner = cameras._replace(
        depth=pinhole(cameras.depth[0, 0], cameras.depth[1, 1], cameras.depth[0, 2] - 10, 24.5)
    )
    raw = SCANNET.load(path, SCANNET.entries(path)[0])
    cropped = raw._replace(depth=raw.depth[5:55, 10:70])

    layout = SCANNET._replace(load=lambda path, entry: cropped)
    reader = FrameReader(layout, (50, 60), "z", 0.001, "camera-to-world", {})
    found = reader.full(path, SCANNET.entries(path)[0], inner).view.colour.astype(int)
    shift = cameras.depth[1, 2] - 5 - 24.5
    assert abs(shift) < 0.7
    assert np.median(np.abs(found - seen[0].colour[5:55, 10:70])) <= 6


def test_a_mirror_image_of_the_world_is_refused(tmp_path: Path, seen: list) -> None:
    path = rooms.seven_scenes(tmp_path / "room", seen)
    np.savetxt(path / "frame-000000.pose.txt", np.diag([1.0, 1, -1, 1]))
    reader = FrameReader(SEVEN_SCENES, rooms.SIZE, "-y", 0.001, "camera-to-world", {})
    with pytest.raises(RawFileError, match="mirrors"):
        reader.view(path, SEVEN_SCENES.entries(path)[0], SEVEN_SCENES.cameras(path))
