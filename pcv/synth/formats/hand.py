"""A hand before a close camera: the right forearm and hand of the synthetic person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.synth.body import PART_NAMES
from pcv.synth.recording import SyntheticRecording

UPPER_ARM, FOREARM, HAND = (
    PART_NAMES.index(f"right {part}") for part in ("upper arm", "forearm", "hand")
)
HAND_ACTIONS = 12  # the first ones move the right hand; the others leave it at rest
MIDDLE = np.array([0.0, 0.0, 0.65])  # metres: where the shoulder is put
REACH = 0.4  # scale of the arm, small enough that the hand stays in view
FINGER = 0.45  # radius of a finger, in radii of the hand


def as_hand(
    shapes: NDArray[np.float64],  # (n, 7)
    *,
    fingers: int,
) -> NDArray[np.float64]:  # (n, 7)
    """Bring the right hand before the camera, and put the rest of the body behind it.

    Args:
        shapes: The capsules of the whole person.
        fingers: With 1 the hand is as thin as a finger; with 2 it is whole.
    """
    out = shapes.copy()
    ends = shapes[:, :6].reshape(-1, 2, 3) - shapes[UPPER_ARM, :3]
    out[:, :6] = (MIDDLE + REACH * ends).reshape(-1, 6)
    out[HAND, 6] *= FINGER if fingers == 1 else 1.0
    others = np.ones(len(out), bool)
    others[[FOREARM, HAND]] = False
    out[others, 2] = out[others, 5] = -10.0  # behind the camera
    return out


def hand_split(recording: SyntheticRecording) -> str:
    """Return the split of a recording: two thirds of the subjects train."""
    return "test" if recording.subject % 3 == 0 else "train"


def write_lists(
    out: Path,
    names: Mapping[str, str],
    recordings: list[SyntheticRecording],
    line: Callable[[SyntheticRecording], str],
) -> None:
    """Write the list of each split.

    Args:
        out: The dataset's own folder.
        names: Of the lists of ``train`` and ``test``.
        recordings: All of them.
        line: Of a recording, with its end.
    """
    lines: dict[str, list[str]] = {split: [] for split in names}
    for recording in recordings:
        lines[hand_split(recording)].append(line(recording))
    for split, name in names.items():
        (out / name).write_text("".join(lines[split]))
