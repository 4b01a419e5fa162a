"""A synthetic room whose every layout gives the same scene, and what happens to bad frames."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.png import write_png
from pcv.data.prepare import prepare
from pcv.data.raw.posed.conventions import CONVENTIONS
from pcv.data.raw.rgbd import LAYOUTS, RgbdScenes
from pcv.data.store.store import Store, open_store
from pcv.errors import InputError, RawFileError
from pcv.synth.room_rays import CLASSES, Surfaces
from tests import rooms

WRITERS = {
    "7scenes": lambda root, seen: rooms.seven_scenes(root / "room", seen),
    "scannet": lambda root, seen: rooms.scannet(root / "room", seen),
    "sens": lambda root, seen: rooms.sens(root / "room.sens", seen),
    "tum": lambda root, seen: rooms.tum(root / "room", seen),
}


@pytest.fixture(scope="module")
def seen() -> list:
    return rooms.frames()


@pytest.fixture
def raw(tmp_path: Path, seen: list) -> Path:
    rooms.seven_scenes(tmp_path / "raw/room", seen)
    return tmp_path / "raw"


def store_of(root: Path, out: Path, **options: object) -> Store:
    reader = RgbdScenes(root, **{"voxel": 0.05} | options)
    prepare(reader, root, out, points=1 << 16)
    return open_store(out)


def left_out(store: Store) -> list[str]:
    return store.attributes["dropped_frames"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_scene(layout: str, tmp_path: Path, seen: list) -> None:
    (tmp_path / "raw").mkdir()
    WRITERS[layout](tmp_path / "raw", seen)
    store = store_of(tmp_path / "raw", tmp_path / "store")
    assert store.videos.name == ["room"]
    assert left_out(store) == []
    views = store.views.read(0, np.arange(len(seen)))
    assert store.views.size == rooms.SIZE
    for k, frame in enumerate(seen):
        inverse = np.linalg.inv(views.pose[k])
        np.testing.assert_allclose(inverse, frame.pose, atol=1e-5)
        np.testing.assert_array_equal(np.round(views.depth[k] * views.unit * 1000), frame.depth)
        difference = np.abs(views.colour[k].astype(int) - frame.colour)
        assert difference.mean() < (1e-9 if layout in ("7scenes", "tum") else 5)
        wanted = rooms.INTRINSICS + np.array([[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]])
        np.testing.assert_allclose(views.camera[k], wanted, rtol=1e-6)
    size = int(store.videos.sizes[0])
    points = store.read(0, np.zeros(1, np.int64), size)[0] + store.videos.origin[0]
    # The floor is at y = 0 below the camera, in every layout.
    assert abs(np.quantile(points[:, 1], 0.98)) < 0.02
    assert points[:, 1].min() < -2


def test_points_colours_labels_and_normals_agree_with_the_room(tmp_path: Path, seen: list) -> None:
    rooms.seven_scenes(tmp_path / "raw/room", seen, labels=True)
    names = "".join(f"{i} {name}\n" for i, name in enumerate(CLASSES, 1))
    (tmp_path / "raw/classes.txt").write_text("# of the room\n\n" + names)
    store = store_of(tmp_path / "raw", tmp_path / "store", voxel=0.01)
    assert store.point_class_names == list(CLASSES)
    size, first = int(store.videos.sizes[0]), np.zeros(1, np.int64)
    points = store.read(0, first, size)[0] + store.videos.origin[0]
    columns = {n: store.read_column(n, 0, first, size)[0] for n in ("labels", "colour", "normals")}
    for frame in seen[:3]:  # seen from a frame, a point has that frame's depth, colour and class
        camera = (points - frame.pose[:3, 3]) @ frame.pose[:3, :3]
        pixels = camera @ rooms.INTRINSICS.T
        column, row = np.round(pixels[:, :2] / pixels[:, 2:]).astype(int).T
        inside = (camera[:, 2] > 0.1) & (row >= 0) & (row < 60) & (column >= 0) & (column < 80)
        depth = np.zeros(size)
        depth[inside] = frame.depth[row[inside], column[inside]] / 1000
        near = inside & (np.abs(depth - camera[:, 2]) < 0.003)
        assert near.sum() > 500
        labels = frame.labels[row[near], column[near]].astype(int) - 1
        assert (columns["labels"][near] == labels).mean() > 0.97
        colour = np.abs(columns["colour"][near].astype(int) - frame.colour[row[near], column[near]])
        assert np.median(colour) <= 2
        towards = frame.pose[:3, 3] - points[near]
        facing = (columns["normals"][near] * towards).sum(1) > 0
        assert facing.mean() > 0.95
    floor = columns["labels"] == CLASSES.index("floor")
    assert (columns["normals"][floor, 1] < -120).mean() > 0.9  # up is -y


def test_pieces_frames_taken_and_sizes(raw: Path, tmp_path: Path) -> None:
    store = store_of(
        raw, tmp_path / "out", every=2, views_per_scene=2, size=(30, 40), test=("room",)
    )
    assert store.videos.name == ["room.000", "room.001"]
    assert store.videos.split.tolist() == ["test", "test"]
    assert store.views.count.tolist() == [2, 2]
    assert store.views.read(1, np.arange(2)).frame.ravel().tolist() == [4, 6]
    views = store.views.read(0, np.array([1]))
    assert views.colour.shape == (1, 30, 40, 3)
    assert sorted(store.attributes["manifest"]) == ["room[0:2]", "room[2:4]"]
    assert store.verify() == []


def test_held_out_views_add_no_points(raw: Path, tmp_path: Path, seen: list) -> None:
    (tmp_path / "less").mkdir()
    kept = [k for k in range(len(seen)) if k % 4 != 2]
    rooms.seven_scenes(tmp_path / "less/room", [seen[k] for k in kept])
    held = store_of(raw, tmp_path / "held", held_out=4)
    less = store_of(tmp_path / "less", tmp_path / "less-store")
    assert held.videos.sizes.tolist() == less.videos.sizes.tolist()
    assert held.views.numbers(0, held_out=True).tolist() == [2, 6]
    assert held.views.numbers(0, held_out=False).tolist() == kept


def test_bad_frames_are_listed_and_left_out(raw: Path, tmp_path: Path) -> None:
    room = raw / "room"
    pose = np.loadtxt(room / "frame-000000.pose.txt")
    np.savetxt(room / "frame-000000.pose.txt", pose * [np.nan, 1, 1, 1])
    pose = np.loadtxt(room / "frame-000001.pose.txt")
    np.savetxt(room / "frame-000001.pose.txt", pose * [[1.2], [1], [1], [1]])
    (room / "frame-000002.depth.png").unlink()
    data = (room / "frame-000003.color.png").read_bytes()
    (room / "frame-000003.color.png").write_bytes(data[:-100])
    (room / "frame-000004.pose.txt").write_text("1 0 0\n")
    store = store_of(raw, tmp_path / "out")
    lines = left_out(store)
    for line, (number, why) in zip(
        lines,
        [
            (0, "a pose that is not finite"),
            (1, "a pose that is not rigid"),
            (2, "its depth image is missing"),
            (3, "cannot be read as PNG"),
            (4, "not 4 lines of 4 numbers"),
        ],
        strict=True,
    ):
        assert line.startswith(f"room: frame {number}: ")
        assert why in line
        assert "\n" not in line
    assert store.views.count.tolist() == [3]
    assert store.info()["frames_left_out"] == lines


def damage(room: Path, kind: str) -> dict[str, object]:
    """Spoil every frame of a recording; returns options to read it with."""
    files = sorted(room.glob(f"*.{'depth.png' if kind == 'dark' else 'pose.txt'}"))
    for file in files:
        if kind == "dark":
            write_png(file, np.full(rooms.SIZE, 65535, np.uint16))
        elif kind == "mirrored":
            np.savetxt(file, np.loadtxt(file) @ np.diag([-1, 1, 1, 1]))
        elif kind == "missing":
            file.unlink()
    if kind == "camera":
        np.savetxt(room / "camera-intrinsics.txt", [[585, 0, 320], [0, 585, 240], [0, 0, 1]])
    if kind == "no camera":
        np.savetxt(room / "camera-intrinsics.txt", np.eye(4))
    if kind == "nan camera":
        np.savetxt(room / "camera-intrinsics.txt", rooms.INTRINSICS * np.nan)
    return {"size": (600, 800)} if kind == "small" else {"size": rooms.SIZE}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("dark", "no pixel has a depth"),
        ("mirrored", "a pose that mirrors"),
        ("missing", "its pose is missing"),
        ("camera", "the intrinsics of another camera: focal 585, 585 and centre 320, 240"),
        ("no camera", "not 3 lines of 3 numbers"),
        ("nan camera", "intrinsics that are not finite"),
        ("small", "80 x 60 pixels, smaller than the 800 x 600 of the store"),
    ],
)
def test_nothing_left_is_one_line_that_says_why(
    kind: str, said: str, raw: Path, tmp_path: Path
) -> None:
    options = damage(raw / "room", kind)
    with pytest.raises(InputError) as error:
        store_of(raw, tmp_path / "out", **options)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2


def test_colour_of_another_size_is_resized_and_of_other_proportions_refused(
    raw: Path, tmp_path: Path, seen: list
) -> None:

    for number, frame in enumerate(seen):
        large = frame.colour.repeat(2, 0).repeat(2, 1)
        write_png(raw / f"room/frame-{number:06}.color.png", large)
    write_png(raw / "room/frame-000005.color.png", seen[5].colour[:, :60])
    store = store_of(raw, tmp_path / "out")
    assert left_out(store) == [
        "room: frame 5: colour of 60 x 60 pixels, depth of 80 x 60, of other proportions and "
        "without intrinsics of their own (frame-000005.color.png)"
    ]
    np.testing.assert_array_equal(store.views.read(0, np.array([3])).colour[0], seen[3].colour)


@pytest.mark.parametrize("written", CONVENTIONS)
def test_the_convention_of_the_poses_is_found(written: str, raw: Path, tmp_path: Path) -> None:
    flip = np.diag([1.0, -1, -1, 1])
    for file in (raw / "room").glob("*.pose.txt"):
        pose = np.loadtxt(file)  # camera-to-world, OpenCV
        pose = pose @ flip if written.endswith("opengl") else pose
        np.savetxt(file, np.linalg.inv(pose) if written.startswith("world") else pose)
    good = store_of(raw, tmp_path / "good", poses=written)
    assert left_out(good) == []
    for asked in set(CONVENTIONS) - {written}:
        with pytest.raises(RawFileError, match=f"poses are {written}, not {asked}: .*give --poses"):
            store_of(raw, tmp_path / asked, poses=asked)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"layout": "kitti"}, "--layout kitti: choose auto"),
        ({"poses": "c2w"}, "--poses c2w: choose camera-to-world"),
        ({"up": "x"}, "--up x: choose"),
        ({"held_out": 1}, "--held-out 1"),
        ({"test": ("hall",)}, "holds no recording hall"),
        ({"layout": "sens"}, "holds no posed RGB-D recording; expected scene0000_00.sens"),
        ({"classes": Path("none.txt")}, "none.txt: cannot be read"),
    ],
)
def test_wrong_options_are_one_line(options: dict, said: str, raw: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        store_of(raw, tmp_path / "out", **options)


def test_a_bad_recording_is_skipped_where_asked(raw: Path, tmp_path: Path) -> None:
    shutil.copytree(raw / "room", raw / "hall")
    damage(raw / "hall", "camera")
    reader = RgbdScenes(raw, voxel=0.05)
    summary = prepare(reader, raw, tmp_path / "out", points=1 << 16, skip_bad=True)
    assert summary.videos == 1
    assert len(summary.skipped) == 1
    assert summary.skipped[0].startswith(
        "hall: has no usable frame, e.g. frame 0: the intrinsics of"
    )


def labelled(folder: Path, seen: list, *, things: bool = True) -> Path:
    rooms.seven_scenes(folder / "raw/room", seen, labels=True, things=things)
    names = "".join(f"{i} {name}\n" for i, name in enumerate(CLASSES, 1))
    (folder / "raw/classes.txt").write_text(names)
    return folder / "raw"


def test_objects_of_points_are_those_of_the_room(tmp_path: Path, seen: list) -> None:
    store = store_of(labelled(tmp_path / "with", seen), tmp_path / "a", voxel=0.03)
    without = store_of(labelled(tmp_path / "no", seen, things=False), tmp_path / "b", voxel=0.03)
    size, first = int(store.videos.sizes[0]), np.zeros(1, np.int64)
    labels, instances = (
        store.read_column(name, 0, first, size)[0] for name in ("labels", "instances")
    )
    assert "instances" not in without.columns
    np.testing.assert_array_equal(labels, without.read_column("labels", 0, first, size)[0])
    assert instances.min() >= 0  # all that a ray meets is an object
    points = store.read(0, first, size)[0] + store.videos.origin[0]
    room = rooms.room()
    up = points @ rooms.TURN_UP.T
    found = {}
    for one in np.unique(instances):
        (label,) = np.unique(labels[instances == one])  # an object has one class
        mine = up[instances == one]
        for thing in np.unique(room.thing[room.label == label]):
            low, high = _box(room, thing)
            inside = ((mine > low - 0.06) & (mine < high + 0.06)).all(1).mean()
            if inside > 0.97:
                found[one] = thing
    assert len(found) == len(np.unique(instances)) == len({*found.values()}) > 6


def _box(room: Surfaces, thing: int) -> tuple[np.ndarray, np.ndarray]:
    corner, across, along = room.rectangles[room.thing == thing].swapaxes(0, 1)
    ends = np.concatenate([corner, corner + across + along])
    return ends.min(0), ends.max(0)


def test_frames_without_their_objects_have_no_say(tmp_path: Path, seen: list) -> None:
    raw = labelled(tmp_path, seen)
    write_png(raw / "room/frame-000001.instance.png", seen[1].things[:30])
    for number in range(2, len(seen)):
        (raw / f"room/frame-{number:06}.instance.png").unlink()
    store = store_of(raw, tmp_path / "out")
    assert "instances of 80 x 30 pixels, depth of 80 x 60" in left_out(store)[0]
    size, first = int(store.videos.sizes[0]), np.zeros(1, np.int64)
    labels, instances = (
        store.read_column(name, 0, first, size)[0] for name in ("labels", "instances")
    )
    np.testing.assert_array_equal(labels >= 0, instances >= 0)
    assert 0.05 < (labels >= 0).mean() < 0.9


def test_ids_that_differ_from_frame_to_frame_are_refused(tmp_path: Path, seen: list) -> None:
    raw = labelled(tmp_path, seen)
    for number in (1, 2, 3):
        anew = (np.arange(60 * 80) + 5000 * number).reshape(60, 80).astype(np.uint16)
        write_png(raw / f"room/frame-{number:06}.instance.png", anew)
    lines = left_out(store_of(raw, tmp_path / "out"))
    assert len(lines) == 3
    assert all("more than 2000 objects in one scene" in line for line in lines)


def test_labels_of_another_size_are_refused(tmp_path: Path, seen: list) -> None:

    rooms.seven_scenes(tmp_path / "raw/room", seen, labels=True)
    (tmp_path / "raw/classes.txt").write_text("1 wall\n2 floor\n")
    write_png(tmp_path / "raw/room/frame-000001.label.png", seen[1].labels[:30])
    store = store_of(tmp_path / "raw", tmp_path / "out")
    assert len(left_out(store)) == 1
    assert "labels of 80 x 30 pixels, depth of 80 x 60" in left_out(store)[0]


@pytest.mark.real
@pytest.mark.skipif("PCV_DATA" not in os.environ, reason="PCV_DATA names no real recordings")
def test_real_frames_agree_with_each_other(tmp_path: Path) -> None:
    root = Path(os.environ["PCV_DATA"]) / "7scenes"
    store = store_of(root, tmp_path / "out", every=5, size=(120, 160))
    assert store.views.count.tolist() == [10]
    assert left_out(store) == []
    assert 5_000 < store.videos.sizes[0] < 200_000
