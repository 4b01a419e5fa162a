"""One synthetic recording, and what a raw format must define to be synthesised."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.synth.camera import PinholeCamera


class SyntheticRecording(NamedTuple):
    """One recording to make."""

    action: int  # from 0
    subject: int  # from 1
    trial: int  # from 1
    seed: int


class Format(NamedTuple):
    """How one raw format sees, measures and keeps a recording.

    ``write`` makes a file or folder that appears whole or not at all; ``finish`` writes the files
    that the dataset has beside its recordings, such as the lists of a split.
    """

    camera: PinholeCamera
    most: tuple[int, int, int]  # actions, subjects and trials that its names can tell apart
    name: Callable[[SyntheticRecording], str]
    path: Callable[[SyntheticRecording], str]  # of a file or folder, in the dataset's
    # Capsules (n, 7) as they stand before the camera
    pose: Callable[[NDArray[np.float64], SyntheticRecording], NDArray[np.float64]]
    sense: Callable[[NDArray[np.float32], np.random.Generator], NDArray[np.uint16]]  # (H, W)
    write: Callable[[Path, NDArray[np.uint16]], None]  # (T, H, W) in the format's own unit
    finish: Callable[[Path, list[SyntheticRecording]], None]


def as_posed(
    shapes: NDArray[np.float64],  # (n, 7) capsules
    recording: SyntheticRecording,
) -> NDArray[np.float64]:  # (n, 7)
    """Leave the person where it stands."""
    return shapes


def nothing_beside(out: Path, recordings: list[SyntheticRecording]) -> None:
    """Write nothing: the dataset has no files beside its recordings."""
