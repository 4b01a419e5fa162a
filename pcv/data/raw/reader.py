"""What a reader of raw recordings tells and does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pcv.clip import Column, Video, VideoSource
from pcv.data.store.layout import describe_columns
from pcv.errors import InputError


class Reader(Protocol):
    """What a dataset must tell to be prepared. Readers are small, frozen and picklable."""

    @property
    def dataset(self) -> str:
        """Name that a store keeps."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the labels, from 0."""

    @property
    def axes(self) -> str:
        """What x, y and z point to."""

    def settings(self) -> dict[str, float | str]:
        """Return the options that change the points, for the manifest."""

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find recordings, sorted by name.

        Args:
            root: Searched with its subfolders.
            bad: Collects files that cannot be used; without it the first one is raised.

        Raises:
            InputError: Nothing is found, or (without ``bad``) a name is wrong or appears twice.
        """

    def count_frames(self, source: VideoSource) -> int:
        """Return the number of frames, from the header alone.

        Raises:
            RawFileError: The file is damaged or of another kind.
        """

    def read_video(self, source: VideoSource) -> Video:
        """Read a recording as points in metres.

        Raises:
            RawFileError: The file is damaged, of another kind, or has no foreground at all.
        """


@runtime_checkable
class PointReader(Protocol):
    """What a reader also tells whose points have labels, colours or other columns."""

    @property
    def columns(self) -> Mapping[str, Column]:
        """Columns of every video it reads; ``labels`` holds classes from 0, -1 to ignore."""

    @property
    def point_class_names(self) -> tuple[str, ...]:
        """Names of the classes in ``labels``, from 0."""


@runtime_checkable
class ViewReader(Protocol):
    """What a reader also tells whose videos have posed images."""

    @property
    def image(self) -> tuple[int, int]:
        """Rows and columns of the images kept."""

    @property
    def held_out(self) -> int:
        """Every so many-th view added nothing to the points; 0: all did."""

    def count_views(self, source: VideoSource) -> int:
        """Return how many views a video has at most, from names or headers alone."""


@runtime_checkable
class SceneReader(Protocol):
    """What a reader also tells whose videos are scenes: one frame, of which all points are kept."""

    @property
    def ordered(self) -> int:
        """How many points of a scene are put into farthest-point order."""


def columns_of(reader: Reader) -> dict[str, Column]:
    """Return the columns that a reader gives every point; most have none."""
    return dict(reader.columns) if isinstance(reader, PointReader) else {}


def reader_settings(reader: Reader) -> dict[str, Any]:
    """Return what a store's attributes say of columns, scenes and views; nothing without them."""
    found: dict[str, Any] = {}
    if isinstance(reader, PointReader) and reader.columns:
        found["columns"] = describe_columns(columns_of(reader))
        found["point_class_names"] = list(reader.point_class_names)
        if isinstance(reader, SceneReader):
            found["ordered"] = reader.ordered
    if isinstance(reader, ViewReader):
        found["views"] = {"image": [*reader.image], "held_out": reader.held_out}
    return found
