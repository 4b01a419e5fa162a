import numpy as np

from pcv.data.room import CLASSES, build_room, cast


def test_rooms_are_drawn_from_their_seed() -> None:
    one, other = (build_room(np.random.default_rng(seed)) for seed in (3, 3))
    np.testing.assert_array_equal(one.boxes, other.boxes)
    assert not np.array_equal(build_room(np.random.default_rng(4)).size, one.size)
    assert {"wall", "floor", "table"} <= {CLASSES[i] for i in one.label}
    assert len(np.unique(one.thing)) == one.thing.max() + 1
    for thing in range(one.thing.max() + 1):  # an object is of one class
        assert len(np.unique(one.label[one.thing == thing])) == 1


def test_furniture_stands_inside_the_walls() -> None:
    for seed in range(5):
        room = build_room(np.random.default_rng(seed))
        inner = ~np.isin(room.label, (CLASSES.index("wall"), CLASSES.index("floor")))
        c, s = np.abs(room.boxes[inner, 6:]).T
        x, y = room.boxes[inner, 3], room.boxes[inner, 4]
        reach = np.stack([c * x + s * y, s * x + c * y], 1)
        assert (np.abs(room.boxes[inner, :2]) + reach <= room.size / 2 + 1e-9).all()


def test_every_ray_that_does_not_rise_over_the_walls_meets_something() -> None:
    room = build_room(np.random.default_rng(0))
    angle = np.linspace(0, 2 * np.pi, 200)
    rays = np.stack([np.cos(angle), np.sin(angle), np.linspace(-1, 0, 200)], 1)
    hits = cast(room, np.array([0, 0, 2.0]), rays)
    assert np.isfinite(hits.distance).all()
    assert (hits.box >= 0).all()
    sky = cast(room, np.array([0, 0, 2.0]), np.array([[0.1, 0, 1.0]]))
    assert sky.box[0] == -1
    assert sky.colour.tolist() == [[0, 0, 0]]


def test_a_surface_has_one_colour_from_wherever_it_is_seen() -> None:
    room = build_room(np.random.default_rng(1))
    rng = np.random.default_rng(0)
    first, second = np.array([0.3, 0.2, 1.6]), np.array([-0.4, 0.1, 1.9])
    rays = rng.normal(size=(500, 3)) - (0, 0, 0.5)
    hits = cast(room, first, rays)
    seen = hits.box >= 0
    points = first + rays[seen] * hits.distance[seen, None]
    again = cast(room, second, points - second)
    same = np.abs(again.distance - 1) < 1e-9
    assert same.sum() > 200
    assert (again.box[same] == hits.box[seen][same]).mean() > 0.99
    assert (again.colour[same] == hits.colour[seen][same]).all(1).mean() > 0.99
