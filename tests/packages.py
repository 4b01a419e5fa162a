"""Packages beside pcv, as pip would have installed them."""

import importlib
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from pcv import plugins

WALKS = r'''"""A dataset of another package: a text file a recording, ``frame x y z`` a line."""

import re
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import Video, VideoSource
from pcv.data.raw.listing import list_named
from pcv.data.raw.marks import Text
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign, StoreDefaults
from pcv.data.raw.words import split_names
from pcv.errors import RawFileError

NAME = re.compile(r"walk(\d+)\.walk")


@dataclass(frozen=True, config=OPTIONS)
class Walks(DatasetReader):
    unit: Annotated[float, Field(ge=1e-6, description="Metres per unit.")] = 1.0
    test: Annotated[tuple[str, ...], Field(description="Who [so]."), Text("1,2", split_names)] = ()
    up_side_down: Annotated[bool, Field(description="Turn them over.")] = False

    dataset = "walks"
    summary = "Walks [of one package]: walkN.walk."
    example = "pcv prepare walks raw store"
    stored = StoreDefaults(points=16, step=2**-9)
    signs = (Sign(NAME),)
    predict_options = ("unit", "up_side_down")
    class_names = ("walk",)

    def list_videos(self, root, bad=None):
        return list_named(root, ".walk", NAME, "walk1.walk", self._describe, bad)

    def count_frames(self, source):
        return len(self.read_video(source).frames)

    def read_video(self, source):
        try:
            table = np.loadtxt(source.path).reshape(-1, 4)
        except ValueError:
            raise RawFileError(source.path, "no walk", "leave it out") from None
        sign = -1 if self.up_side_down else 1
        points = (table[:, 1:] * self.unit * sign).astype(np.float32)
        return Video(source, [points[table[:, 0] == t] for t in np.unique(table[:, 0])])

    def _describe(self, path, match):
        split = "test" if match[1] in self.test else "train"
        return VideoSource(path, path.stem, 0, int(match[1]), 0, split)
'''


def install(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    module: str,
    source: str,
    entries: dict[str, str],
) -> None:
    """Install a package of one module whose readers are ``entries``, for one test."""
    told = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (told / "entry_points.txt").write_text(f"[{plugins.READERS}]\n{lines}")
    (folder / f"{module}.py").write_text(source)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, module, raising=False)
    importlib.invalidate_caches()
    monkeypatch.setattr(plugins, "installed", lru_cache(plugins.installed.__wrapped__))


def walks(folder: Path) -> Path:
    """Two recordings of the dataset above, three frames each."""
    folder.mkdir(parents=True)
    for number in (1, 2):
        lines = [f"{t} {x} {number} {t * 0.5}" for t in range(3) for x in range(5)]
        (folder / f"walk{number}.walk").write_text("\n".join(lines))
    return folder
