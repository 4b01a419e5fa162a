"""A scene that is fused of posed frames: one cloud, with the frames as its views."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.clip import Video, VideoSource
from pcv.data.normals import estimate_normals
from pcv.data.raw.posed.conventions import Agreement
from pcv.data.raw.posed.frame import FrameReader, KeptViews, Posed
from pcv.data.raw.posed.fuse import Fusion
from pcv.data.raw.posed.layout import Cameras, Entry
from pcv.data.raw.posed.objects import Objects
from pcv.errors import RawFileError


class Fusing(NamedTuple):
    """How the frames of a scene are fused."""

    voxel: float  # metres: the edge of the voxels in which points are averaged
    far: float  # metres: points farther from the camera are left out
    held_out: int  # every held_out-th view adds nothing to the points; 0: all views do
    poses: str  # one of CONVENTIONS
    classes: int  # how many classes points have; 0: labels are not read
    instances: bool  # whether objects are read


def fuse_scene(
    source: VideoSource, entries: list[Entry], cameras: Cameras, frames: FrameReader, how: Fusing
) -> Video:
    """Fuse the frames of a scene to one cloud (n, 3), and list the frames that cannot be used.

    Args:
        source: The scene.
        entries: The frames of the scene.
        cameras: The cameras of its recording.
        frames: Reads single frames.
        how: How they are fused.

    Raises:
        RawFileError: No frame can be used, or the poses follow another convention.
    """
    fusion, objects = Fusion(how.voxel, how.far, how.classes), Objects()
    agreement = Agreement()
    kept: list[Entry] = []
    left_out: list[str] = []
    advice = "check the recording"
    for entry in entries:
        try:
            posed = frames.full(source.path, entry, cameras)
            if not is_held_out(len(kept), how.held_out):
                votes = _votes(posed, objects, entry) if how.instances else posed.labels
                _fuse(fusion, posed, votes, source.path)
        except RawFileError as error:
            advice = advice if left_out else error.advice
            left_out.append(f"frame {entry.number}: {error.problem} ({error.path.name})")
            continue
        depth = posed.view.depth * np.float64(posed.view.unit)
        agreement.add(depth, posed.view.intrinsics, posed.pose)
        kept.append(entry)
    _check(source, agreement, how.poses)
    if not fusion.used:
        first = f", e.g. {left_out[0]}" if left_out else ""
        raise RawFileError(source.path, f"has no usable frame{first}", advice)
    views = KeptViews(frames, source.path, cameras, kept)
    points, columns = _columns(fusion, objects, how)
    return Video(source, [points], columns, views, tuple(left_out))


def is_held_out(number: int, every: int) -> bool:
    """Say whether a view, by its number within the scene, is one that tests."""
    return bool(every) and number % every == every // 2


def _fuse(fusion: Fusion, posed: Posed, votes: NDArray[np.int16] | None, path: Path) -> None:
    try:
        fusion.add(posed.view, votes)
    except ValueError as error:
        raise RawFileError(path, str(error), "is the pose in metres?") from None


def _votes(posed: Posed, objects: Objects, entry: Entry) -> NDArray[np.int16] | None:
    """What each pixel says: the number of its class and object."""
    if posed.labels is None or posed.instances is None:
        return None  # a class without its object would outvote those with
    try:
        return objects.number(posed.labels, posed.instances)
    except ValueError as error:
        raise RawFileError(
            entry.instances or Path(), str(error), "ids must be the same in all frames"
        ) from None


def _check(source: VideoSource, agreement: Agreement, poses: str) -> None:
    found = agreement.better_than(poses)
    if found:
        shares = agreement.shares()
        raise RawFileError(
            source.path,
            f"its poses are {found}, not {poses}: {shares[found]:.0%} of the points land "
            f"where the next frame measures them, against {shares[poses]:.0%}",
            f"give --poses {found}",
        )


def _columns(
    fusion: Fusion, objects: Objects, how: Fusing
) -> tuple[NDArray[np.float32], dict[str, list[NDArray[np.generic]]]]:
    fused = fusion.result()
    normals = estimate_normals(fused.points, fused.towards)
    columns: dict[str, list[NDArray[np.generic]]] = {
        "colour": [fused.colour],
        "normals": [np.round(normals * 127).astype(np.int8)],
    }
    if how.instances:
        labels, instances = objects.decide(fusion.counts())
        columns |= {"labels": [labels], "instances": [instances]}
    elif how.classes:
        columns["labels"] = [fused.labels]
    return fused.points, columns
