"""SHREC'17 hand gestures: a folder of 16-bit PNG and hand boxes per recording; two lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.depth_png import write_depth_png
from pcv.data.raw.shrec import BOXES, CENTRE, EXAMPLES, FOCAL, SIZE
from pcv.synth.camera import PinholeCamera, sense_by_time
from pcv.synth.formats.hand import HAND_ACTIONS, as_hand, write_lists
from pcv.synth.recording import Format, SyntheticRecording
from pcv.whole import whole_folder

MARGIN = 10  # pixels around the hand
FRAME_TIME = 333_333  # units of 100 nanoseconds


def _numbers(recording: SyntheticRecording) -> tuple[int, int, int, int]:
    """Return gesture, finger, subject and essai (trial); trials count fingers first."""
    finger, essai = 1 + (recording.trial - 1) % 2, 1 + (recording.trial - 1) // 2
    return recording.action + 1, finger, recording.subject, essai


def _name(recording: SyntheticRecording) -> str:
    return "_".join(map(str, _numbers(recording)))


def _folder(recording: SyntheticRecording) -> str:
    gesture, finger, subject, essai = _numbers(recording)
    return f"gesture_{gesture}/finger_{finger}/subject_{subject}/essai_{essai}"


def _pose(shapes: NDArray[np.float64], recording: SyntheticRecording) -> NDArray[np.float64]:
    return as_hand(shapes, fingers=_numbers(recording)[1])


def _write(target: Path, depth: NDArray[np.uint16]) -> None:
    with whole_folder(target, over=True, shared=True) as partial:
        lines = []
        for number, frame in enumerate(depth):
            write_depth_png(partial / f"{number}_depth.png", frame)
            lines.append(" ".join(f"{value:.3f}" for value in (number * FRAME_TIME, *_box(frame))))
        (partial / BOXES).write_text("\n".join(lines) + "\n")


def _box(frame: NDArray[np.uint16]) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(frame)
    if not len(rows):
        return 0, 0, 0, 0
    x, y = max(columns.min() - MARGIN, 0), max(rows.min() - MARGIN, 0)
    return x, y, columns.max() + MARGIN - x, rows.max() + MARGIN - y


def _finish(out: Path, recordings: list[SyntheticRecording]) -> None:
    def line(recording: SyntheticRecording) -> str:
        gesture, finger, subject, essai = _numbers(recording)
        frames = len(list((out / _folder(recording)).glob("*_depth.png")))
        fine = 2 * (gesture - 1) + finger
        return f"{gesture} {finger} {subject} {essai} {gesture} {fine} {frames}\n"

    write_lists(out, EXAMPLES, recordings, line)


SHREC = Format(
    camera=PinholeCamera(*SIZE, FOCAL, CENTRE),
    most=(HAND_ACTIONS, 28, 10),
    name=_name,
    path=_folder,
    pose=_pose,
    sense=sense_by_time,
    write=_write,
    finish=_finish,
)
