"""Images, depth, poses and labels of synthetic rooms agree exactly, and are always the same."""

from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.posed.layout import read_colour_image, read_depth_image, read_labels, read_matrix
from pcv.errors import InputError
from pcv.synth.rgbd import CENTRE, DOWN, FOCAL, SIZE, pose_at, render_frame, synthesise_rgbd
from pcv.synth.room_rays import CLASSES, build_surfaces, cast_room


def test_every_pixel_is_what_its_ray_meets() -> None:
    """Back-projected by depth and pose, a pixel lies on a surface of its class and colour."""
    room = build_surfaces(np.random.default_rng([0, 1]))
    seen = render_frame(room, pose_at(room, 0.3))
    v, u = (grid[::16, ::16].ravel() for grid in np.indices(SIZE))
    depth = seen.depth[v, u] / 1000
    camera = np.stack([(u - CENTRE[0]) / FOCAL * depth, (v - CENTRE[1]) / FOCAL * depth, depth], 1)
    world = (camera @ seen.pose[:3, :3].T + seen.pose[:3, 3]) @ DOWN  # z up again
    eye = seen.pose[:3, 3] @ DOWN
    hits = cast_room(room, eye, world - eye)
    met = seen.labels[v, u] > 0
    assert met.mean() > 0.9
    assert (room.label[hits.surface[met]] + 1 == seen.labels[v, u][met]).mean() > 0.99
    assert (room.thing[hits.surface[met]] + 1 == seen.things[v, u][met]).mean() > 0.99
    assert (seen.things[v, u][~met] == 0).all()
    np.testing.assert_allclose(hits.distance[met], 1, atol=2e-3)
    assert (seen.depth[v, u][~met] == 0).all()
    assert (hits.colour[met] == seen.colour[v, u][met]).all(1).mean() > 0.98


def test_the_camera_looks_into_the_room_upright() -> None:
    room = build_surfaces(np.random.default_rng([0, 0]))
    for time in np.linspace(0, 1, 7):
        pose = pose_at(room, time)
        np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-12)
        assert np.linalg.det(pose[:3, :3]) > 0
        assert pose[2, 1] < -0.8  # down in the image is down in the room
        assert (np.abs(pose[:2, 3]) < room.size[:2] / 2).all()


def test_the_same_files_come_out_for_a_seed(tmp_path: Path) -> None:
    for out, seed in (("a", 0), ("b", 0), ("c", 1)):
        assert synthesise_rgbd(tmp_path / out, rooms=1, frames=2, seed=seed) == 1
    a, b, c = (
        {p.relative_to(tmp_path / out): p.read_bytes() for p in (tmp_path / out).rglob("*.*")}
        for out in "abc"
    )
    assert a == b
    assert a.keys() == c.keys()
    assert a != c
    folder = tmp_path / "a/room-00"
    room = build_surfaces(np.random.default_rng([0, 0]))
    seen = render_frame(room, pose_at(room, 0.5))
    np.testing.assert_array_equal(read_colour_image(folder / "frame-000001.color.png"), seen.colour)
    np.testing.assert_array_equal(read_depth_image(folder / "frame-000001.depth.png"), seen.depth)
    np.testing.assert_array_equal(read_labels(folder / "frame-000001.label.png"), seen.labels)
    np.testing.assert_array_equal(read_labels(folder / "frame-000001.instance.png"), seen.things)
    np.testing.assert_array_equal(read_matrix(folder / "frame-000001.pose.txt", 4), seen.pose)
    lines = (tmp_path / "a/classes.txt").read_text().splitlines()
    assert lines == [f"{i} {name}" for i, name in enumerate(CLASSES, 1)]


def test_mistakes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    for out in (tmp_path, tmp_path / "mine"):
        with pytest.raises(InputError, match="holds something already"):
            synthesise_rgbd(out, rooms=1, frames=1, seed=0)
    with pytest.raises(InputError, match="choose 1 to"):
        synthesise_rgbd(tmp_path / "new", rooms=0, frames=1, seed=0)
