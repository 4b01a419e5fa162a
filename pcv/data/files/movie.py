"""Grey films, such as depth in eight bits. The only file that imports PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcv.errors import InputError, RawFileError
from pcv.regular_file import open_regular
from pcv.whole import whole_file

ADVICE = "copy it again from the archive"


def read_grey(
    path: Path,
    span: tuple[int, int],
    size: tuple[int, int],  # columns, rows
) -> NDArray[np.uint8]:  # (T, H, W)
    """Decode the first channel of frames ``span[0]`` to ``span[1] - 1``, 0 black and 255 white.

    Raises:
        InputError: PyAV is not installed.
        RawFileError: The file is not a film, has no frame, is shorter than the span, is damaged, or
            has another size or bit depth.
    """
    start, stop = span
    with _opened(path) as (container, stream):
        _check_kind(path, stream, size)
        frames = [
            frame.to_ndarray(format="gray")
            for frame in islice(container.decode(stream), stop)
            if not frame.is_corrupt
        ]
    if len(frames) < stop:
        raise RawFileError(
            path, f"has {len(frames) or 'no'} frames, expected frames {start} to {stop - 1}", ADVICE
        )
    return np.stack(frames[start:])


def count_frames(path: Path) -> int:
    """Return the number of frames, without decoding any.

    Raises:
        InputError: PyAV is not installed.
        RawFileError: The file is not a film.
    """
    with _opened(path) as (container, stream):
        return sum(1 for packet in container.demux(stream) if packet.size)


def write_grey(path: Path, frames: NDArray[np.uint8], rate: int = 30) -> None:
    """Write (T, H, W) as H.264 in AVI; the film appears whole or not at all.

    Raises:
        InputError: PyAV is not installed.
    """
    av = _av()
    with (
        whole_file(path, shared=True) as partial,
        av.open(str(partial), "w", format="avi") as container,
    ):
        stream = container.add_stream("libx264", rate=rate, options={"crf": "12", "threads": "1"})
        stream.height, stream.width = frames.shape[1:]
        stream.pix_fmt = "yuv420p"
        for image in frames:
            frame = av.VideoFrame.from_ndarray(image, format="gray")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())


def _av() -> ModuleType:
    try:
        import av
        import av.logging
    except ImportError:
        raise InputError("depth in AVI needs PyAV: pip install 'pcv[video]'") from None
    av.logging.set_level(None)  # what matters is raised, and says the file's name
    return av


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    av = _av()
    try:
        open_regular(path).close()
    except OSError as error:
        raise RawFileError(path, f"cannot be opened: {error.strerror}", "check the path") from None
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise RawFileError(path, "has no video stream", "is it a depth film?")
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1  # processes share the cores already
            yield container, stream
    except av.error.FFmpegError as error:
        reason = error.strerror or type(error).__name__
        raise RawFileError(path, f"cannot be read as a film: {reason}", ADVICE) from None


def _check_kind(path: Path, stream: Any, size: tuple[int, int]) -> None:  # noqa: ANN401 - av's
    form = stream.codec_context.format
    found = (stream.width, stream.height, form.components[0].bits if form else 8)
    if found != (*size, 8):
        raise RawFileError(
            path,
            f"{found[0]} x {found[1]} pixels of {found[2]} bits, "
            f"expected {size[0]} x {size[1]} of 8",
            "is it a depth film of this dataset?",
        )
