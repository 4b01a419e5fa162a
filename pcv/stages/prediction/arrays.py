"""Predictions for frames that a program holds, the same as those for files, to the bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import COLOUR, NORMALS, Column, Video, VideoSource
from pcv.data.memory_store import MemoryStore
from pcv.data.raw.axes import far_shift
from pcv.errors import InputError
from pcv.stages.prediction.inputs import Recording, storage_of
from pcv.stages.prediction.point_labels import label_frames
from pcv.stages.pretrained import Pretrained
from pcv.stages.tasks import task_of

Array = NDArray[Any] | Tensor
NAME = "frames"  # what messages call the recording
COLUMNS = {"colour": COLOUR, "normals": NORMALS}


class Prediction(NamedTuple):
    """The class of a recording."""

    label: str  # the likeliest class
    score: float  # its share, from 0 to 1
    scores: dict[str, float]  # the share of every class, the likeliest first


class PointPrediction(NamedTuple):
    """The classes of the points of one frame."""

    label: NDArray[np.int64]  # (N,) numbers of the model's ``config.class_names``
    score: NDArray[np.float32]  # (N,) shares of these classes, from 0 to 1


def predict_frames(
    model: Pretrained, frames: Sequence[Array], columns: Mapping[str, Sequence[Array]]
) -> Prediction:
    """Predict the class of a recording; see ``Pretrained.predict``."""
    if model.config.task != "classify":
        raise InputError(f"{model.origin}: does not tell classes of recordings")
    store = _open(model, frames, columns)
    count = len(model.config.class_names)
    recording = Recording(NAME, Path(NAME), NAME, lambda: (store, 0))
    work = task_of(model.recipe).worker(model, None, [recording], count)
    top = work(recording, lambda part, parts: None)["top"]
    scores = {row["label"]: row["score"] for row in top}
    return Prediction(top[0]["label"], top[0]["score"], scores)


def label_points(
    model: Pretrained, frames: Sequence[Array], columns: Mapping[str, Sequence[Array]]
) -> list[PointPrediction]:
    """Predict the class of every point of a recording; see ``Pretrained.label_points``."""
    if model.config.task != "segment" or model.config.scenes:
        raise InputError(f"{model.origin}: does not label points of recordings")
    store = _open(model, frames, columns)
    found = dict(label_frames(model, store, 0, lambda part, parts: None))
    return [PointPrediction(found[t].label, found[t].score) for t in range(len(found))]


def _open(
    model: Pretrained, frames: Sequence[Array], columns: Mapping[str, Sequence[Array]]
) -> MemoryStore:
    exact = [_frame(frame, number) for number, frame in enumerate(frames)]
    if not exact:
        raise InputError(f"{NAME}: none given; a recording has at least one")
    shift = far_shift(exact)
    points = [(frame - shift).astype(np.float32) for frame in exact]
    given = {name: list(value) for name, value in columns.items() if name in model.columns}
    for name in model.columns:
        if name not in given:
            raise InputError(f"{NAME}: the model reads {name}; give {name}=, an array a frame")
    held = {name: _column(name, value, points) for name, value in given.items()}
    reader = _FrameReader(model, points, held)
    (source,) = reader.list_videos(Path(NAME))
    return MemoryStore(reader, source, storage_of(model, alike=True), keep=model.columns)


def _frame(frame: Array, number: int) -> NDArray[np.float64]:
    array = _numbers(frame, f"{NAME}[{number}]")
    if array.ndim != 2 or array.shape[1] != 3:
        raise InputError(f"{NAME}[{number}]: expected (N, 3) metres, found {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"{NAME}[{number}]: holds values that are not finite; leave them out")
    return array


def _numbers(values: Array, name: str) -> NDArray[np.float64]:
    array = values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else values
    try:
        return np.asarray(array, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: expected an array of numbers") from None


def _column(
    name: str, values: list[Array], frames: list[NDArray[np.float32]]
) -> list[NDArray[np.generic]]:
    """Turn colours from 0 to 255, or unit normals, into the numbers that a store holds."""
    if len(values) != len(frames):
        raise InputError(f"{name}: {len(values)} arrays for {len(frames)} frames")
    arrays = [_numbers(value, f"{name}[{number}]") for number, value in enumerate(values)]
    most = 255 if name == "colour" else 1.0001
    for number, (array, frame) in enumerate(zip(arrays, frames, strict=True)):
        if array.shape != frame.shape:
            raise InputError(f"{name}[{number}]: expected {frame.shape}, found {array.shape}")
        low = 0 if name == "colour" else -most
        if not ((array >= low) & (array <= most)).all():
            raise InputError(f"{name}[{number}]: expected values from {low:.3g} to {most:.3g}")
    if name == "colour":
        return [np.rint(array).astype(np.uint8) for array in arrays]
    return [np.rint(np.clip(array, -1, 1) * 127).astype(np.int8) for array in arrays]


class _FrameReader:
    """A dataset of one recording in memory, in the axes of the model's store."""

    class_names: tuple[str, ...] = ()
    point_class_names: tuple[str, ...] = ()

    def __init__(
        self,
        model: Pretrained,
        frames: list[NDArray[np.float32]],
        columns: dict[str, list[NDArray[np.generic]]],
    ) -> None:
        self.dataset, self.axes = model.config.dataset, model.config.axes
        self.frames, self.values = frames, columns
        self.columns: dict[str, Column] = {name: COLUMNS[name] for name in columns}

    def settings(self) -> dict[str, float | str]:
        return {}

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        return [VideoSource(root, NAME, -1, 0, 0, "test")]

    def count_frames(self, source: VideoSource) -> int:
        return len(self.frames)

    def read_video(self, source: VideoSource) -> Video:
        return Video(source, self.frames, self.values)
