"""NTU RGB+D: one folder per recording, with masked depth as 16-bit PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.depth_png import write_depth_png
from pcv.data.raw.ntu import SIZE
from pcv.synth.camera import PinholeCamera, sense_by_time
from pcv.synth.recording import Format, SyntheticRecording, nothing_beside
from pcv.whole import whole_folder

TURN = {1: 0.0, 2: 0.785, 3: -0.785}  # radians: the cameras stand 45 degrees apart


def _camera(recording: SyntheticRecording) -> int:
    return 1 + (recording.trial - 1) % 3


def _name(recording: SyntheticRecording) -> str:
    """Name a recording: a subject has one setup; trials count cameras first, then replications."""
    setup, again = 1 + (recording.subject - 1) % 17, 1 + (recording.trial - 1) // 3
    return (
        f"S{setup:03}C{_camera(recording):03}P{recording.subject:03}"
        f"R{again:03}A{recording.action + 1:03}"
    )


def _seen_from(shapes: NDArray[np.float64], recording: SyntheticRecording) -> NDArray[np.float64]:
    """Turn the person about its own vertical, as another camera sees it."""
    angle = TURN[_camera(recording)]
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    middle = shapes[:, :3].mean(axis=0)
    ends = shapes[:, :6].reshape(-1, 2, 3) - middle
    return np.column_stack(((ends @ turn.T + middle).reshape(-1, 6), shapes[:, 6]))


def write_frames(target: Path, depth: NDArray[np.uint16]) -> None:
    """Write (T, H, W) depth as a folder of frames that appears whole or not at all."""
    with whole_folder(target, over=True, shared=True) as partial:
        for number, frame in enumerate(depth, 1):
            write_depth_png(partial / f"MDepth-{number:08}.png", frame)


NTU = Format(
    camera=PinholeCamera(*SIZE, (365.0, 365.0), (256.0, 212.0)),
    most=(60, 40, 6),
    name=_name,
    path=_name,
    pose=_seen_from,
    sense=sense_by_time,
    write=write_frames,
    finish=nothing_beside,
)
