"""NvGesture (Molchanov et al., CVPR 2016): one ``sk_depth.avi`` per recording, and two lists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import Video, VideoSource
from pcv.data.files.movie import read_grey
from pcv.data.raw.depth_video import depth_video
from pcv.data.raw.foreground import erode, largest_component, otsu_threshold
from pcv.data.raw.keyframes import keyframes
from pcv.data.raw.lists import Line, Listed, list_listed
from pcv.data.raw.marks import Frames
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign, StoreDefaults
from pcv.errors import InputError

LISTS = {
    split: re.compile(rf"nvgesture_{split}_correct_cvpr2016_v2\w*\.lst")
    for split in ("train", "test")
}
EXAMPLES = {split: f"nvgesture_{split}_correct_cvpr2016_v2.lst" for split in LISTS}
FOLDER = re.compile(r"(?:\./)?(Video_data/class_(\d{2})/subject(\d{1,3})_r(\d{1,3}))/?")
FILM = "sk_depth.avi"
SIZE = (320, 240)
FOCAL, CENTRE = (224.502, 230.494), (160.0, 120.0)  # the SoftKinetic depth camera, pixels
FARTHEST = 255  # levels grow towards the camera
CLASSES = 25


@dataclass(frozen=True, config=OPTIONS)
class NvGesture(DatasetReader):
    """Reads the depth films of NvGesture.

    The hand is the largest component of what Otsu's threshold leaves, eroded by 3 x 3, as in the
    published conversion (Min et al., CVPR 2020). That conversion projects with the camera of
    another dataset, and cuts by the frames of the colour film; here both are the depth camera's.

    Levels count down from 255 at the camera. The dataset does not state their unit: with 0.004,
    255 levels are the metre that the sensor sees, and hands are 8 cm wide.
    """

    frames: Frames = 32
    unit: Annotated[float, Field(ge=1e-9, description="Metres per level of depth.")] = 0.004

    dataset = "nvgesture"
    summary = "NvGesture: sk_depth.avi and the official lists; needs PyAV (extra video)."
    example = "pcv prepare nvgesture NvGesture stores/nvgesture"
    stored = StoreDefaults(points=1024)
    signs = (Sign(re.compile(re.escape(FILM))), *map(Sign, LISTS.values()))
    below_lists = ("Video_data", r"class_\d+", r"subject\d+_r\d+", re.escape(FILM))
    class_names = tuple(f"gesture {number}" for number in range(1, CLASSES + 1))

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Read the lists, and compare them with the files that are there; see ``Reader``."""
        how = Listed(LISTS, EXAMPLES, f"Video_data/class_*/subject*_r*/{FILM}", _film)
        return list_listed(root, how, _describe, bad)

    def count_frames(self, source: VideoSource) -> int:
        """Return the number of frames that are kept, from the list."""
        return len(self._kept(source))

    def read_video(self, source: VideoSource) -> Video:
        """Read a recording as points in metres; see ``Reader``."""
        if source.span is None:
            raise ValueError("a source of NvGesture has a span")
        levels = read_grey(source.path, source.span, SIZE)
        return depth_video(
            source,
            (hand_levels(levels[index]) for index in self._kept(source)),
            focal=FOCAL,
            centre=CENTRE,
            unit=self.unit,
            empty=("shows no hand in any frame", "leave the recording out"),
        )

    def _kept(self, source: VideoSource) -> list[int]:
        start, stop = source.span or (0, 0)
        return keyframes(stop - start, self.frames)


def hand_levels(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:  # (H, W) both
    """Return by how many levels each pixel of the hand is away from the camera, and 0 elsewhere."""
    hand = erode(largest_component(levels > otsu_threshold(levels)))
    return np.where(hand, FARTHEST - levels, 0).astype(np.uint8)


def _fields(line: Line) -> dict[str, str]:
    return dict(field.split(":", 1) for field in line.text.split() if ":" in field)


def _film(line: Line) -> Path:
    match = FOLDER.fullmatch(_fields(line).get("path", ""))
    return line.path.parent / match[1] / FILM if match else line.path


def _describe(line: Line) -> VideoSource:
    fields = _fields(line)
    folder = FOLDER.fullmatch(fields.get("path", ""))
    depth = re.fullmatch(r"sk_depth:(\d{1,6}):(\d{1,6})", fields.get("depth", ""))
    label = re.fullmatch(r"\d{1,3}", fields.get("label", ""))
    if folder is None or depth is None or label is None:
        raise line.wrong(
            "is cut short or of another list",
            "expected path:./Video_data/class_XX/subjectY_rZ depth:sk_depth:START:END ... label:N",
        )
    start, stop = int(depth[1]), int(depth[2])
    if not (1 <= int(label[0]) <= CLASSES and start < stop):
        raise line.wrong(
            f"says label {label[0]}, frames {start} to {stop}",
            f"expected labels 1 to {CLASSES} and frames in order",
        )
    film = _film(line)
    if not film.is_file():
        raise line.missing(film)
    name = f"class_{folder[2]}_subject{folder[3]}_r{folder[4]}"
    subject = int(folder[3])
    return VideoSource(film, name, int(label[0]) - 1, subject, 0, line.split, (start, stop))
