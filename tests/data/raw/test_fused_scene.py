from pathlib import Path

import pytest

from pcv.clip import VideoSource
from pcv.data.raw.fused_scene import Fusing, fuse_scene, is_held_out
from pcv.data.raw.rgbd import RgbdScenes
from pcv.errors import RawFileError
from tests import rooms


def test_every_so_many_th_view_is_held_out() -> None:
    assert [n for n in range(12) if is_held_out(n, 5)] == [2, 7]
    assert not any(is_held_out(n, 0) for n in range(12))


def test_frames_become_one_cloud_and_its_views(tmp_path: Path) -> None:
    rooms.seven_scenes(tmp_path / "raw/room", rooms.frames(3))
    reader = RgbdScenes(tmp_path / "raw")
    (source,) = reader.list_videos(tmp_path / "raw")
    layout, (room,) = reader.found
    how = Fusing(0.05, 10.0, held_out=3, poses="camera-to-world", classes=0, instances=False)
    entries, cameras = layout.entries(room), layout.cameras(room)
    video = fuse_scene(source, entries, cameras, reader.frames, how)
    assert len(video.frames) == 1
    assert [view.frame for view in video.views] == [0, 1, 2]
    assert set(video.columns) == {"colour", "normals"}
    fewer = fuse_scene(source, entries[:1], cameras, reader.frames, how._replace(held_out=0))
    assert 0 < len(fewer.frames[0]) < len(video.frames[0])


def test_a_scene_without_a_frame_is_refused(tmp_path: Path) -> None:
    rooms.seven_scenes(tmp_path / "raw/room", rooms.frames(1))
    reader = RgbdScenes(tmp_path / "raw")
    layout, (room,) = reader.found
    source = VideoSource(room, "room", -1, 0, 0, "train")
    how = Fusing(0.05, 10.0, held_out=0, poses="camera-to-world", classes=0, instances=False)
    with pytest.raises(RawFileError, match="no usable frame; check the recording"):
        fuse_scene(source, [], layout.cameras(room), reader.frames, how)
