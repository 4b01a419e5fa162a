"""Recordings of a synthetic street in the layouts of SemanticKITTI and SYNTHIA."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.png import write_png
from pcv.data.raw.kitti import CAMERA_AXES
from pcv.data.raw.synthia_views import CAMERA, VIEWS
from pcv.errors import InputError
from pcv.progress import Advance, Progress
from pcv.synth.new_folder import new_folder
from pcv.synth.street import COLOURS, Street, build_street, cast_street

SPEED = 0.8  # metres per frame
HEIGHT = 1.8  # metres of the sensor above the ground
BEAMS, COLUMNS, RANGE = 32, 360, 60.0
KITTI_ID = {
    "road": 40, "sidewalk": 48, "building": 50, "vegetation": 70, "pole": 80, "car": 10,
    "moving car": 252,
}  # fmt: skip
LIDAR_TO_CAMERA = np.hstack([CAMERA_AXES, [[0.0], [-0.08], [-0.27]]])
SYNTHIA_ID = {
    "sky": 1, "building": 2, "road": 3, "sidewalk": 4, "vegetation": 6, "pole": 7, "car": 8,
    "moving car": 8,
}  # fmt: skip
SYNTHIA_NAMES = ("04-DAWN", "05-FOG", "06-SUNSET", "04-FALL", "06-SPRING", "04-NIGHT", "01-DAWN")
SIZE, FOCAL = (192, 256), 128.0  # rows and columns; four views of 90 degrees see all around
YAW = {"Omni_F": 0, "Omni_R": 90, "Omni_B": 180, "Omni_L": 270}  # degrees to the right
MIRROR = np.diag([-1.0, 1.0, 1.0])  # SYNTHIA's x points left


class Drive(NamedTuple):
    """One sequence to make."""

    number: int
    frames: int
    seed: int

    def street(self) -> Street:
        """Build the street, which is the same for a seed and a number."""
        return build_street(np.random.default_rng([self.seed, self.number]))

    def pose(self, frame: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the sensor's position (3,) and turn (3, 3), which sway a little."""
        angle = 0.05 * np.sin(frame / 7)
        return np.array([0.3 * np.sin(frame / 9), -HEIGHT, SPEED * frame]), _turn(angle)


def synthesise_street(
    out: Path, format: str, *, sequences: int, frames: int, seed: int, progress: Progress | None
) -> int:
    """Write sequences of a synthetic street; a seed always gives the same files.

    Returns:
        How many sequences there are.

    Raises:
        InputError: There are too many sequences, or ``out`` holds something.
        PcvError: The disk is full.
    """
    most = len(SYNTHIA_NAMES) if format == "synthia" else 11
    if not 1 <= sequences <= most or frames < 1:
        raise InputError(f"choose 1 to {most} sequences of one frame or more")
    write = _write_synthia if format == "synthia" else _write_kitti
    advance = Advance(progress, sequences, "sequence")
    with new_folder(out):
        for number in range(sequences):
            write(out, Drive(number, frames, seed))
            advance()
    return sequences


def _write_kitti(out: Path, drive: Drive) -> None:
    folder = out / "sequences" / f"{drive.number:02}"
    for part in ("velodyne", "labels"):
        (folder / part).mkdir(parents=True)
    street = drive.street()
    lines = []
    to_camera = np.vstack([LIDAR_TO_CAMERA, [0, 0, 0, 1]])
    first = _lidar_pose(drive, 0)
    for frame in range(drive.frames):
        points, raw = _scan(street, drive, frame)
        points.tofile(folder / "velodyne" / f"{frame:06}.bin")
        raw.tofile(folder / "labels" / f"{frame:06}.label")
        moved = np.linalg.inv(first) @ _lidar_pose(drive, frame)
        pose = to_camera @ moved @ np.linalg.inv(to_camera)
        lines.append(" ".join(f"{value:.9e}" for value in pose[:3].ravel()))
    (folder / "poses.txt").write_text("\n".join(lines) + "\n")
    (folder / "times.txt").write_text("".join(f"{frame / 10:e}\n" for frame in range(drive.frames)))
    rows = {f"P{i}": np.eye(3, 4) * [[700], [700], [1]] for i in range(4)} | {"Tr": LIDAR_TO_CAMERA}
    text = [f"{k}: " + " ".join(f"{value:.12e}" for value in v.ravel()) for k, v in rows.items()]
    (folder / "calib.txt").write_text("\n".join(text) + "\n")


def _lidar_pose(drive: Drive, frame: int) -> NDArray[np.float64]:  # (4, 4)
    """Return the matrix from the scanner's axes (forward, left, up) to the street's."""
    position, turn = drive.pose(frame)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = turn @ CAMERA_AXES, position
    return pose


def _scan(
    street: Street, drive: Drive, frame: int
) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:  # (n, 4), (n,)
    rng = np.random.default_rng([drive.seed, drive.number, frame])
    up, around = np.deg2rad(np.linspace(8, -24, BEAMS)), np.linspace(-np.pi, np.pi, COLUMNS, False)
    u, a = (grid.ravel() for grid in np.meshgrid(up, around, indexing="ij"))
    rays = np.stack([np.cos(u) * np.cos(a), np.cos(u) * np.sin(a), np.sin(u)], 1)
    pose = _lidar_pose(drive, frame)
    hits = cast_street(street, frame, pose[:3, 3], rays @ pose[:3, :3].T)
    measured = hits.distance + rng.normal(0, 0.01, len(rays))
    lost = ~(hits.distance < RANGE) | (rng.random(len(rays)) < 0.05)
    points = np.where(lost[:, None], 0, rays * np.where(lost, 0, measured)[:, None])
    ids = np.array([KITTI_ID.get(kind, 0) for kind in hits.kind])
    raw = np.where(lost, 0, ids | (hits.thing << 16)).astype("<u4")
    strength = np.where(lost, 0, rng.random(len(rays)))
    return np.column_stack([points, strength]).astype("<f4"), raw


def _write_synthia(out: Path, drive: Drive) -> None:
    folder = out / f"SYNTHIA-SEQS-{SYNTHIA_NAMES[drive.number]}"
    street = drive.street()
    for kind in ("Depth", "RGB", "GT/LABELS", "CameraParams"):
        for view in VIEWS:
            (folder / kind / CAMERA / view).mkdir(parents=True)
    rows, columns = SIZE
    lines = [FOCAL, "", columns / 2, "", rows / 2]
    text = "".join(f"{line}\n" for line in lines)
    (folder / "CameraParams" / "intrinsics.txt").write_text(text)
    for frame in range(drive.frames):
        for view in VIEWS:
            _write_view(folder, street, drive, frame, view)


def _write_view(folder: Path, street: Street, drive: Drive, frame: int, view: str) -> None:
    position, turn = drive.pose(frame)
    turn = turn @ _turn(np.deg2rad(YAW[view]))
    rows, columns = SIZE
    v, u = np.indices(SIZE)
    x, y = (u - columns / 2) / FOCAL, (v - rows / 2) / FOCAL
    rays = np.stack([x, y, np.ones(SIZE)], -1).reshape(
        -1, 3
    )  # z is 1: lengths along a ray are depths
    hits = cast_street(street, frame, position, rays @ turn.T)
    centimetres = np.clip(np.round(hits.distance * 100), 1, 65535).astype(np.uint16).reshape(SIZE)
    ids = np.array([SYNTHIA_ID[kind] for kind in hits.kind], np.uint16).reshape(SIZE)
    things = hits.thing.astype(np.uint16).reshape(SIZE)
    colours = np.array([COLOURS[kind] for kind in hits.kind], np.uint8).reshape(*SIZE, 3)
    inner = Path(CAMERA) / view / f"{frame:06}.png"
    write_png(folder / "Depth" / inner, np.stack([centimetres] * 3, -1))
    write_png(folder / "RGB" / inner, colours)
    labels = np.stack([ids, things, np.zeros_like(ids)], -1)
    write_png(folder / "GT" / "LABELS" / inner, labels)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = MIRROR @ turn @ MIRROR, -MIRROR @ position
    numbers = " ".join(f"{value:.9g}" for value in pose.T.ravel())
    (folder / "CameraParams" / inner.with_suffix(".txt")).write_text(numbers + "\n")


def _turn(angle: float) -> NDArray[np.float64]:  # (3, 3)
    """Return a turn to the right about the vertical axis, which points down."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
