import numpy as np

from pcv.data.normals import normals_of_faces
from pcv.synth.room import build_room


def test_shells_face_the_inside_and_furniture_its_outside() -> None:
    room = build_room(np.random.default_rng(3))
    normals = normals_of_faces(room.points, room.faces)
    middle = (room.points.min(0) + room.points.max(0)) / 2
    kinds = np.array(room.kinds)[room.thing]
    for kind in ("wall", "floor", "ceiling", "door", "window", "picture", "curtain"):
        inside = kinds == kind
        assert ((middle - room.points[inside]) * normals[inside]).sum(1).min() > 0, kind
    bed = kinds == "bed"
    body = room.points[bed].mean(0)
    assert (((room.points[bed] - body) * normals[bed]).sum(1) > 0).mean() > 0.98


def test_every_vertex_belongs_to_a_face_an_object_and_a_colour_of_its_kind() -> None:
    room = build_room(np.random.default_rng(4))
    assert np.unique(room.faces).tolist() == list(range(len(room.points)))
    assert set(room.thing) == set(range(len(room.kinds)))
    walls = [room.colour[room.thing == i].mean(0) for i, k in enumerate(room.kinds) if k == "wall"]
    assert np.abs(np.array(walls) - (205, 198, 185)).max() < 45
    assert {"wall", "floor", "ceiling", "chair", "bed", "cabinet", "bookshelf"} <= {*room.kinds}
