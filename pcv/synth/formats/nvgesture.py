"""NvGesture: one film of 8-bit depth per recording, and two lists of spans in the films."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.movie import count_frames, write_grey
from pcv.data.raw.nvgesture import CENTRE, EXAMPLES, FARTHEST, FILM, FOCAL, SIZE, NvGesture
from pcv.synth.camera import PinholeCamera
from pcv.synth.formats.hand import HAND_ACTIONS, as_hand, write_lists
from pcv.synth.recording import Format, SyntheticRecording

LEAD = 10  # frames before the gesture, and as many after it


def _folder(recording: SyntheticRecording) -> str:
    return (
        f"Video_data/class_{recording.action + 1:02}/"
        f"subject{recording.subject}_r{recording.trial - 1}"
    )


def _pose(shapes: NDArray[np.float64], recording: SyntheticRecording) -> NDArray[np.float64]:
    return as_hand(shapes, fingers=2)


def _sense(exact: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint16]:
    noise = rng.standard_normal(exact.shape, dtype=np.float32)
    seen = np.isfinite(exact)
    levels = FARTHEST - np.where(seen, exact, 0) / NvGesture.unit + noise
    return np.where(seen, levels.round().clip(0, FARTHEST), 0).astype(np.uint16)


def _write(target: Path, depth: NDArray[np.uint16]) -> None:
    write_grey(target, np.pad(depth, ((LEAD, LEAD), (0, 0), (0, 0)), "edge").astype(np.uint8))


def _finish(out: Path, recordings: list[SyntheticRecording]) -> None:
    def line(recording: SyntheticRecording) -> str:
        span = f"{LEAD}:{count_frames(out / _folder(recording) / FILM) - LEAD}"
        return (
            f"path:./{_folder(recording)} depth:sk_depth:{span} color:sk_color:{span} "
            f"duo_left:duo_left:{span} label:{recording.action + 1} \n"
        )

    write_lists(out, EXAMPLES, recordings, line)


NVGESTURE = Format(
    camera=PinholeCamera(*SIZE, FOCAL, CENTRE),
    most=(HAND_ACTIONS, 20, 3),
    name=lambda recording: _folder(recording).removeprefix("Video_data/").replace("/", "_"),
    path=lambda recording: f"{_folder(recording)}/{FILM}",
    pose=_pose,
    sense=_sense,
    write=_write,
    finish=_finish,
)
