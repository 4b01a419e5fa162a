"""Images of synthetic rooms in the form of 7-Scenes, with class and object of every pixel."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.png import write_png
from pcv.errors import InputError
from pcv.progress import Advance, Progress
from pcv.synth.new_folder import new_folder
from pcv.synth.room_rays import CLASSES, Surfaces, build_surfaces, cast_room

SIZE = (240, 320)  # rows, columns
FOCAL, CENTRE = 260.0, (159.5, 119.5)  # pixels, centres at whole numbers; 63 degrees across
MOST = 1000  # rooms and frames
DOWN = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])  # z up to y down


class RoomFrame(NamedTuple):
    """One frame of a room, as it is written."""

    colour: NDArray[np.uint8]  # (H, W, 3)
    depth: NDArray[np.uint16]  # (H, W) millimetres, 0: none
    labels: NDArray[np.uint8]  # (H, W) class from 1, 0: none
    things: NDArray[np.uint8]  # (H, W) object of the room from 1, 0: none
    pose: NDArray[np.float64]  # (4, 4) camera to world, y down


def synthesise_rgbd(
    out: Path, *, rooms: int, frames: int, seed: int, progress: Progress | None = None
) -> int:
    """Write recordings of synthetic rooms; a seed always gives the same files.

    Returns:
        How many recordings there are.

    Raises:
        InputError: There are too many rooms or frames, or ``out`` holds something.
        PcvError: The disk is full.
    """
    if not (1 <= rooms <= MOST and 1 <= frames <= MOST):
        raise InputError(f"choose 1 to {MOST} sequences of 1 to {MOST} frames")
    advance = Advance(progress, rooms, "room")
    with new_folder(out):
        names = [f"{number} {name}\n" for number, name in enumerate(CLASSES, 1)]
        (out / "classes.txt").write_text("".join(names))
        for number in range(rooms):
            write_room(out / f"room-{number:02}", seed, number, frames)
            advance()
    return rooms


def write_room(folder: Path, seed: int, number: int, frames: int) -> None:
    """Write the recording of one room."""
    folder.mkdir()
    room = build_surfaces(np.random.default_rng([seed, number]))
    camera = [[FOCAL, 0, CENTRE[0]], [0, FOCAL, CENTRE[1]], [0, 0, 1]]
    _write_matrix(folder / "camera-intrinsics.txt", np.array(camera))
    for frame in range(frames):
        seen = render_frame(room, pose_at(room, frame / frames))
        stem = f"frame-{frame:06}"
        write_png(folder / f"{stem}.color.png", seen.colour)
        write_png(folder / f"{stem}.depth.png", seen.depth)
        write_png(folder / f"{stem}.label.png", seen.labels)
        write_png(folder / f"{stem}.instance.png", seen.things)
        _write_matrix(folder / f"{stem}.pose.txt", seen.pose)


def pose_at(room: Surfaces, time: float) -> NDArray[np.float64]:  # (4, 4)
    """Return the matrix from the camera to the room (z up) at a time from 0 to 1.

    The camera goes around the room once and looks across it, along its +z, with y down.
    """
    angle = 2 * np.pi * time
    outwards = np.array([np.cos(angle), np.sin(angle)])
    position = np.append(-0.3 * room.size[:2] * outwards, 1.5 + 0.1 * np.sin(3 * angle))
    forward = np.append(outwards, -0.3 + 0.1 * np.sin(2 * angle))
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, (0, 0, 1.0))
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], 1)
    pose[:3, 3] = position
    return pose


def render_frame(
    room: Surfaces,
    pose: NDArray[np.float64],  # (4, 4) camera to room, z up
) -> RoomFrame:
    """Cast a ray through the centre of every pixel."""
    v, u = np.indices(SIZE)
    rays = np.stack([(u - CENTRE[0]) / FOCAL, (v - CENTRE[1]) / FOCAL, np.ones(SIZE)], -1).reshape(
        -1, 3
    )  # z is 1: lengths along a ray are depths
    hits = cast_room(room, pose[:3, 3], rays @ pose[:3, :3].T)
    met = hits.surface >= 0
    depth = np.round(np.where(met, hits.distance, 0) * 1000).clip(0, 65534).astype(np.uint16)
    labels, things = (
        np.where(met, of[hits.surface] + 1, 0).astype(np.uint8).reshape(SIZE)
        for of in (room.label, room.thing)
    )
    world = np.eye(4)
    world[:3, :3], world[:3, 3] = DOWN @ pose[:3, :3], DOWN @ pose[:3, 3]
    return RoomFrame(hits.colour.reshape(*SIZE, 3), depth.reshape(SIZE), labels, things, world)


def _write_matrix(path: Path, matrix: NDArray[np.float64]) -> None:
    np.savetxt(path, matrix, fmt="%.17e")
