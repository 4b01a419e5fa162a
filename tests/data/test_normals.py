import contextlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pcv.data.normals import estimate_normals, normals_of_faces
from pcv.errors import InputError
from pcv.synth.room import SyntheticRoom, build_room
from tests.mutants import mutant_numbers


def box_from_inside(count: int, rng: np.random.Generator):
    """Points on the six sides of a box and the normals that face its middle."""
    size = np.array([4.0, 3.0, 2.5])
    points, normals = rng.uniform(0, 1, (count, 3)), np.zeros((count, 3))
    side = rng.integers(0, 6, count)
    axis, high = side % 3, side // 3
    points[np.arange(count), axis] = high
    normals[np.arange(count), axis] = 1 - 2 * high
    return points * size, normals


@settings(max_examples=15)
@given(st.integers(0, 1000))
def test_a_noisy_box_faces_its_inside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points, wanted = box_from_inside(4000, rng)
    found = estimate_normals(points + rng.normal(0, 0.002, points.shape))
    agree = (found * wanted).sum(1)
    assert (agree > 0.9).mean() > 0.85  # beyond are edges, where planes meet
    assert (agree < -0.5).mean() < 0.01


def seen(room: SyntheticRoom, normals: np.ndarray) -> np.ndarray:
    """Vertices before which there is room: a scanner meets neither backs nor what stands over."""
    ahead = room.points + 0.06 * normals
    low, high = room.points.min(0) + 0.02, room.points.max(0) - 0.02
    free = ((ahead > low) & (ahead < high)).all(1)
    for number, kind in enumerate(room.kinds):
        if kind in ("bed", "cabinet", "bookshelf", "couch"):
            body = room.points[room.thing == number]
            inside = ((ahead > body.min(0)) & (ahead < body.max(0))).all(1)
            free &= ~inside | (room.thing == number)
    return free


def test_estimates_agree_with_the_faces_of_a_room() -> None:
    """Furniture too, whose outside does not always face the middle of the room."""
    room = build_room(np.random.default_rng(0))
    mesh = normals_of_faces(room.points, room.faces)
    free = seen(room, mesh)
    agree = (mesh[free] * estimate_normals(room.points[free])).sum(1)
    assert (agree > 0.7).mean() > 0.93
    assert (agree < -0.7).mean() < 0.04
    np.testing.assert_allclose(np.linalg.norm(mesh, axis=1), 1, atol=1e-5)


def test_normals_of_faces_are_weighted_by_area() -> None:
    points = np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 1], [9, 9, 9]], float)
    faces = np.array([[0, 1, 2], [0, 3, 1]])
    found = normals_of_faces(points, faces)
    np.testing.assert_allclose(found[2], [0, 0, 1])
    np.testing.assert_allclose(found[0], np.array([0, 2, 4]) / np.sqrt(20), atol=1e-6)
    assert found[4].tolist() == [0, 0, 0]  # no face


def test_what_has_no_plane_has_no_normal() -> None:
    assert not estimate_normals(np.zeros((2, 3))).any()
    line = np.linspace(0, 3, 60)[:, None] * np.array([1.0, 0, 0])
    assert not estimate_normals(line).any()
    same = np.concatenate([np.zeros((50, 3)), box_from_inside(500, np.random.default_rng(0))[0]])
    assert np.isfinite(estimate_normals(same)).all()


def test_no_cloud_escapes_as_another_error() -> None:
    rng = np.random.default_rng(0)
    for count in (0, 1, 2, 3, 4, 16, 17, 18, 20, 25):
        cloud = rng.uniform(0, 2, (count, 3))
        line = np.outer(np.linspace(0, 1, count), [1, 2, 3])
        kinds = [cloud, line, np.repeat(cloud[:1], count, 0), cloud * 1e5, cloud * 1e12]
        for points in kinds + [mutant_numbers(cloud, rng) for _ in range(8)]:
            for towards in (None, -points):
                with contextlib.suppress(InputError):
                    assert np.isfinite(estimate_normals(points, towards)).all()
            if len(points):
                with contextlib.suppress(InputError):
                    normals_of_faces(points, rng.integers(0, len(points), (5, 3)))


def test_cells_of_a_wide_scene_are_told_apart() -> None:
    """Their numbers would not fit into 64 bits."""
    flat = np.stack(np.meshgrid(np.arange(6), np.arange(6), [0.0]), -1).reshape(-1, 3)
    points = np.concatenate([flat, flat + 9e5])
    found = estimate_normals(points)
    np.testing.assert_allclose(np.abs(found), np.tile([0, 0, 1], (72, 1)), atol=1e-4)
