"""UTD-MHAD (Chen et al., ICIP 2015): one ``aA_sS_tT_depth.mat`` per recording."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from pcv.clip import Video, VideoSource
from pcv.data.files.checked import MOST_FRAMES, MOST_PIXELS
from pcv.data.files.matlab import OversizedError, check_array, read_array
from pcv.data.raw.depth_video import depth_video
from pcv.data.raw.listing import list_named
from pcv.data.raw.marks import Focal, Noted, Unit
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign
from pcv.data.raw.words import note_centre, read_centre
from pcv.errors import InputError, RawFileError, one_line

NAME = re.compile(r"a(\d{1,2})_s(\d{1,2})_t(\d{1,2})_depth\.mat")
KEY = "d_depth"
CENTRE = (160.0, 120.0)  # pixels
NUMBERS = {"uint8", "uint16", "uint32", "int16", "int32", "single", "double"}
CLASS_NAMES = (
    "swipe left", "swipe right", "wave", "clap", "throw", "cross arms", "basketball shoot",
    "draw x", "draw circle clockwise", "draw circle counter-clockwise", "draw triangle",
    "bowling", "boxing", "baseball swing", "tennis swing", "arm curl", "tennis serve",
    "push", "knock", "catch", "pick up and throw", "jog", "walk", "sit to stand",
    "stand to sit", "lunge", "squat",
)  # fmt: skip


@dataclass(frozen=True, config=OPTIONS)
class UtdMhad(DatasetReader):
    """Reads UTD-MHAD; odd subjects train, even subjects test.

    The dataset does not state a focal length; 285.63 agrees with its skeletons.
    """

    focal: Focal = 285.63
    centre: Annotated[tuple[float, float], Noted(read=read_centre, write=note_centre)] = (
        CENTRE  # pixels
    )
    unit: Unit = 0.001

    dataset = "utd"
    summary = "UTD-MHAD: aA_sS_tT_depth.mat, as published."
    example = "pcv prepare utd UTD-MHAD/Depth stores/utd"
    signs = (Sign(NAME),)
    class_names = CLASS_NAMES

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find all recordings, sorted by name; see ``Reader``."""
        return list_named(root, "_depth.mat", NAME, "a1_s1_t1_depth.mat", _describe, bad)

    def count_frames(self, source: VideoSource) -> int:
        """Return the number of frames, from the variable's header."""
        return _shape(source.path)[2]

    def read_video(self, source: VideoSource) -> Video:
        """Read a recording as points in metres; see ``Reader``."""
        depth = read_depth_mat(source.path)
        images = (depth[:, :, t] for t in range(depth.shape[2]))
        focal = (self.focal, self.focal)
        return depth_video(source, images, focal=focal, centre=self.centre, unit=self.unit)


def read_depth_mat(path: Path) -> NDArray[np.generic]:  # (H, W, T)
    """Read raw depth in millimetres.

    Only a plain numeric array is ever loaded: its type is checked before its values are read.

    Raises:
        RawFileError: The file is damaged, has no ``d_depth``, or it is no plain array of numbers.
    """
    _shape(path)
    try:
        return read_array(path, KEY)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _shape(path: Path) -> tuple[int, int, int]:
    try:
        shape = check_array(path, KEY)
    except OSError as error:
        raise RawFileError(path, f"cannot be opened: {error.strerror}", "check the path") from None
    except OversizedError as error:
        raise _unreadable(path, error) from None
    except ValueError as error:
        raise _explain(path, error) from None
    if len(shape) != 3 or min(shape) < 1:
        raise RawFileError(
            path, f"its {KEY} has shape {shape}", "expected (rows, columns, frames), none of them 0"
        )
    if _absurd(shape):
        raise _disbelieved(path, shape)
    return shape[0], shape[1], shape[2]


def _absurd(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and (shape[2] > MOST_FRAMES or shape[0] * shape[1] > MOST_PIXELS)


def _disbelieved(path: Path, shape: tuple[int, ...]) -> RawFileError:
    return RawFileError(
        path,
        f"its header says {shape[2]} frames of {shape[1]} x {shape[0]} pixels",
        "it is damaged or no UTD-MHAD recording",
    )


def _explain(path: Path, reason: ValueError) -> RawFileError:
    """Tell what a file is that does not hold the array; scipy inflates all of it for that."""
    import scipy.io  # takes long to import, and only a bad file needs it

    try:
        # Backwards: of two variables with one name the first counts, as for loadmat.
        listed = reversed(scipy.io.whosmat(path))
        variables = {name: (shape, kind) for name, shape, kind in listed}
    except NotImplementedError:
        return RawFileError(
            path, "is a MATLAB 7.3 file", "expected version 5; save it with -v6 or -v7"
        )
    except Exception as error:  # scipy raises many kinds on a damaged file
        return _unreadable(path, error)
    if KEY not in variables:
        # One line, whatever is in it.
        names = ascii(", ".join(sorted(variables)))[1:-1] or "nothing"
        return RawFileError(path, f"holds {names[:120]}, expected {KEY}", "is it a depth file?")
    shape, kind = variables[KEY]
    if kind not in NUMBERS:
        return RawFileError(path, f"its {KEY} holds {kind}", "expected a plain array of numbers")
    if _absurd(shape):
        return _disbelieved(path, shape)
    return _unreadable(path, reason)


def _unreadable(path: Path, error: Exception) -> RawFileError:
    reason = one_line(error) or type(error).__name__
    return RawFileError(path, f"cannot be read as MATLAB 5: {reason[:120]}", "copy it again")


def _describe(path: Path, match: re.Match[str]) -> VideoSource:
    action, subject, trial = (int(group) for group in match.groups())
    if not 1 <= action <= len(CLASS_NAMES) or subject < 1:
        raise RawFileError(
            path,
            f"is of action {action} and subject {subject}",
            "actions are 1 to 27, subjects from 1",
        )
    split = "train" if subject % 2 else "test"
    name = f"a{action}_s{subject}_t{trial}"  # a01 and a1 are the same recording
    return VideoSource(path, name, action - 1, subject, 0, split)
