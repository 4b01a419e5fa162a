"""SHREC'17 hand gestures (De Smedt et al., 3DOR 2017): one folder of depth PNGs per recording."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import Video, VideoSource
from pcv.data.files.depth_png import read_depth_png
from pcv.data.raw.depth_video import depth_video
from pcv.data.raw.foreground import close, largest_component, median
from pcv.data.raw.keyframes import keyframes
from pcv.data.raw.listing import list_frames
from pcv.data.raw.lists import Line, Listed, list_listed
from pcv.data.raw.marks import Choice, Frames, Unit
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign, StoreDefaults
from pcv.errors import InputError, RawFileError
from pcv.regular_file import read_text

EXAMPLES = {"train": "train_gestures.txt", "test": "test_gestures.txt"}
LISTS = {split: re.compile(re.escape(name)) for split, name in EXAMPLES.items()}
FRAME = re.compile(r"(\d+)_depth\.png")
BOXES = "general_informations.txt"  # one line per frame: time; x, y, width, height of the hand
SIZE = (640, 480)
FOCAL, CENTRE = (463.889, 463.889), (320.0, 240.0)  # the RealSense depth camera, pixels
GESTURES = (
    "grab", "tap", "expand", "pinch", "rotate clockwise", "rotate counter-clockwise",
    "swipe right", "swipe left", "swipe up", "swipe down", "swipe x", "swipe +", "swipe v",
    "shake",
)  # fmt: skip
FINGERS = ("one finger", "whole hand")


@dataclass(frozen=True, config=OPTIONS)
class Shrec17(DatasetReader):
    """Reads the depth images of SHREC'17.

    The hand is the largest component within the box that the dataset gives, of depth blurred by
    a 3 x 3 median and closed by 7 x 7, as in the published conversion (Min et al., CVPR 2020).
    Classes are the 14 gestures, or 28: each gesture with one finger and with the whole hand.

    Raises:
        InputError: There is no such set of classes.
    """

    classes: Annotated[int, Field(description="How many classes: 14 or 28."), Choice(14, 28)] = 14
    frames: Frames = 32
    unit: Unit = 0.001

    dataset = "shrec"
    summary = "SHREC'17 hand gestures: N_depth.png, train_gestures.txt and test_gestures.txt."
    example = "pcv prepare shrec HandGestureDataset_SHREC2017 stores/shrec"
    stored = StoreDefaults(points=1024)
    signs = (*map(Sign, LISTS.values()), Sign(re.compile(re.escape(BOXES))))
    below_lists = (r"gesture_\d+", r"finger_\d+", r"subject_\d+", r"essai_\d+")
    predict_options = ("frames", "unit")

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the labels, from 0."""
        if self.classes == len(GESTURES):
            return GESTURES
        return tuple(f"{gesture}, {fingers}" for gesture in GESTURES for fingers in FINGERS)

    def settings(self) -> dict[str, float | str]:
        """Return the options that change the points."""
        return self.noted("frames", "unit")

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Read the lists, and compare them with the folders that are there; see ``Reader``."""
        how = Listed(LISTS, EXAMPLES, "gesture_*/finger_*/subject_*/essai_*", _folder)
        return list_listed(root, how, self._describe, bad)

    def count_frames(self, source: VideoSource) -> int:
        """Return the number of frames that are kept, from names and the list."""
        return len(self._kept(source))

    def read_video(self, source: VideoSource) -> Video:
        """Read a recording as points in metres; see ``Reader``."""
        boxes = _read_boxes(source)
        kept = self._kept(source)
        return depth_video(
            source,
            (hand_depth(read_depth_png(path, SIZE), boxes[index]) for index, path in kept),
            focal=FOCAL,
            centre=CENTRE,
            unit=self.unit,
            empty=("shows no hand in any frame", "leave the folder out"),
        )

    def _kept(self, source: VideoSource) -> list[tuple[int, Path]]:
        paths = list_frames(source.path, FRAME, "0_depth.png")
        length = (source.span or (0, len(paths)))[1]
        if len(paths) < length:
            raise RawFileError(
                source.path,
                f"has {len(paths)} frames, and its list says {length}",
                "unpack it again",
            )
        return [(index, paths[index]) for index in keyframes(length, self.frames)]

    def _describe(self, line: Line) -> VideoSource:
        gesture, finger, subject, essai, label, fine, length = _numbers(line)
        if (label, fine) != (gesture, 2 * (gesture - 1) + finger):
            raise line.wrong(
                f"says labels {label} and {fine} for gesture {gesture}, finger {finger}",
                "copy the list again from the dataset",
            )
        folder = _folder(line)
        if not folder.is_dir():
            raise line.missing(folder)
        name = f"gesture{gesture:02}_finger{finger}_subject{subject:02}_essai{essai}"
        coarse = self.classes == len(GESTURES)
        number = (label if coarse else fine) - 1
        return VideoSource(folder, name, number, subject, 0, line.split, (0, length))


def hand_depth(
    depth: NDArray[np.uint16],  # (H, W)
    box: tuple[int, int, int, int],  # x, y, width and height, pixels
) -> NDArray[np.uint16]:  # (H, W)
    """Return the blurred depth where the hand is, and 0 elsewhere."""
    x, y, width, height = box
    part = (slice(max(y, 0), max(y + height, 0)), slice(max(x, 0), max(x + width, 0)))
    out = np.zeros_like(depth)
    if depth[part].size:
        crop = median(depth[part])
        out[part] = np.where(largest_component(close(crop > 0)), crop, 0)
    return out


def _numbers(line: Line) -> list[int]:
    words = line.text.split()
    numbers = [int(word) for word in words if word.isdecimal() and len(word) < 7]
    limits = (len(GESTURES), len(FINGERS), 28, 99, 14, 28, 100_000)
    if len(words) != 7 or len(numbers) != 7:
        raise line.wrong(
            "is cut short or of another list",
            "expected gesture, finger, subject, essai, two labels and a number of frames",
        )
    if not all(1 <= n <= most for n, most in zip(numbers, limits, strict=True)):
        raise line.wrong(
            f"says {line.text}", "gestures are 1 to 14, fingers 1 or 2, subjects 1 to 28"
        )
    return numbers


def _folder(line: Line) -> Path:
    gesture, finger, subject, essai, *_ = [*line.text.split(), "", "", "", ""]
    below = f"gesture_{gesture}/finger_{finger}/subject_{subject}/essai_{essai}"
    return line.path.parent / below


def _read_boxes(source: VideoSource) -> list[tuple[int, int, int, int]]:
    path = source.path / BOXES
    try:
        lines = read_text(path).splitlines()
        rows = [[int(float(word)) for word in line.split()[:5]] for line in lines if line.strip()]
        boxes = [(x, y, width, height) for _, x, y, width, height in rows]
    except OSError as error:
        raise RawFileError(
            path, f"cannot be read: {error.strerror}", "it says where the hand is; unpack it again"
        ) from None
    except (ValueError, OverflowError):
        raise RawFileError(
            path, "has a line that is no time and box", "expected time, x, y, width and height"
        ) from None
    length = (source.span or (0, 0))[1]
    if len(boxes) < length:
        raise RawFileError(path, f"has {len(boxes)} boxes for {length} frames", "unpack it again")
    return boxes
