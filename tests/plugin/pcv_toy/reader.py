"""A dataset of text files ``a1_s2.toy``: one line ``frame x y z`` per point, in metres."""

import re
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import Video, VideoSource
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign, StoreDefaults
from pcv.errors import InputError, RawFileError

NAME = re.compile(r"a(\d)_s(\d)\.toy")


@dataclass(frozen=True, config=OPTIONS)
class ToyDataset(DatasetReader):
    """Reads the toy dataset; odd subjects train."""

    unit: Annotated[float, Field(gt=0, description="Metres per unit of the files.")] = 1.0

    dataset = "toy"
    summary = "Toy recordings: aA_sS.toy, one line `frame x y z` per point."
    example = "pcv prepare toy RAW stores/toy"
    stored = StoreDefaults(points=32)
    signs = (Sign(NAME),)
    class_names = ("left", "right")

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        found = []
        for path in sorted(root.iterdir()):
            if match := NAME.fullmatch(path.name):
                label, subject = int(match[1]) - 1, int(match[2])
                split = "train" if subject % 2 else "test"
                found.append(VideoSource(path, path.stem, label, subject, 0, split))
        if not found:
            raise InputError(f"{root}: holds no toy recording; expected a1_s1.toy")
        return found

    def count_frames(self, source: VideoSource) -> int:
        return int(self._rows(source)[:, 0].max()) + 1

    def read_video(self, source: VideoSource) -> Video:
        rows = self._rows(source)
        frames = [
            (rows[rows[:, 0] == frame, 1:] * self.unit).astype(np.float32)
            for frame in range(self.count_frames(source))
        ]
        return Video(source, frames)

    def _rows(self, source: VideoSource) -> np.ndarray:
        try:
            return np.loadtxt(source.path, ndmin=2)
        except (OSError, ValueError) as error:
            raise RawFileError(
                source.path, f"is no toy recording: {error}", "copy it again"
            ) from None
