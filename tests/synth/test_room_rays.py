import numpy as np

from pcv.synth.room import build_room
from pcv.synth.room_rays import CLASSES, build_surfaces, cast_room


def test_it_is_the_room_whose_mesh_is_made() -> None:
    room, mesh = (make(np.random.default_rng(3)) for make in (build_surfaces, build_room))
    assert [
        CLASSES[i] for i in room.label[np.unique(room.thing, return_index=True)[1]]
    ] == mesh.kinds
    low, high = mesh.points.min(0), mesh.points.max(0)
    np.testing.assert_allclose(high - low, room.size, atol=0.05)
    corners = room.rectangles[:, 0]
    np.testing.assert_allclose(corners.min(0), (*-room.size[:2] / 2, 0), atol=1e-9)
    again = build_surfaces(np.random.default_rng(3))
    np.testing.assert_array_equal(again.rectangles, room.rectangles)
    np.testing.assert_array_equal(again.colour, room.colour)


def test_every_ray_in_a_closed_room_meets_something() -> None:
    room = build_surfaces(np.random.default_rng(0))
    rays = np.random.default_rng(1).normal(size=(500, 3))
    hits = cast_room(room, np.array([0, 0, 1.9]), rays)
    assert np.isfinite(hits.distance).all()
    assert (hits.surface >= 0).all()
    outside = cast_room(room, np.array([0, 0, 9.0]), np.array([[0.1, 0, 1.0]]))
    assert outside.surface.tolist() == [-1]
    assert outside.colour.tolist() == [[0, 0, 0]]


def test_a_surface_has_one_colour_from_wherever_it_is_seen() -> None:
    room = build_surfaces(np.random.default_rng(1))
    first, second = np.array([0.3, 0.2, 1.6]), np.array([-0.4, 0.1, 1.9])
    rays = np.random.default_rng(0).normal(size=(500, 3))
    hits = cast_room(room, first, rays)
    points = first + rays * hits.distance[:, None]
    again = cast_room(room, second, points - second)
    same = np.abs(again.distance - 1) < 1e-9
    assert same.sum() > 200
    assert (again.surface[same] == hits.surface[same]).mean() > 0.99
    assert (again.colour[same] == hits.colour[same]).all(1).mean() > 0.99
