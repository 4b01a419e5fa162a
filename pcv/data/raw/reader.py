"""What a reader of raw recordings tells and does."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from pydantic import ConfigDict

from pcv.clip import Column, Video, VideoSource
from pcv.data.raw.option import Option, options_of
from pcv.data.store.layout import describe_columns
from pcv.errors import InputError

# Of the class of a reader; what checks its values is built when the first is made.
OPTIONS = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


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


class Sign(NamedTuple):
    """A name of a file or folder that tells a dataset."""

    name: re.Pattern[str]  # the whole name
    folder: bool = False  # of a folder, else of a file
    last: bool = False  # counts only where nothing else tells a dataset


class StoreDefaults(NamedTuple):
    """How ``pcv prepare`` stores points where nothing else is asked for."""

    points: int = 2048  # a frame; of scenes, the most that one may have
    dtype: str = "int16"
    step: float = 2**-11  # metres


class DatasetReader(ABC):
    """A dataset in one class: what it is called, which options it has, and how it is read.

    Derive from it with ``@dataclass(frozen=True, config=OPTIONS)`` of pydantic. Every field is an
    option: see ``pcv.data.raw.marks``. A field ``root`` is given the folder of recordings, in
    advance of reading. What a reader also tells of points, views and scenes is in ``PointReader``,
    ``ViewReader`` and ``SceneReader``.

    Attributes:
        dataset: Name that ``pcv prepare`` knows it by, and a store keeps.
        summary: The help of its command, one line.
        example: What the help ends in, a command.
        axes: What x, y and z point to.
        stored: Defaults of the store.
        suggests: Whether ``pcv prepare`` measures the points and suggests a radius.
        signs: Names that tell its recordings.
        below_lists: Where the dataset has lists: a pattern of every folder or file on the way from
            them to a recording.
        predict_options: Fields that ``pcv predict --read`` sets; None: all of them.
        predict_always: Values of fields for ``pcv predict``, to which labels and splits do not
            matter.
        rooms: Reads single rooms in the same format, where this class does not.
    """

    dataset: ClassVar[str]
    summary: ClassVar[str]
    example: ClassVar[str]
    axes: ClassVar[str] = "x right, y down, z forward"
    stored: ClassVar[StoreDefaults] = StoreDefaults()
    suggests: ClassVar[bool] = False
    signs: ClassVar[tuple[Sign, ...]] = ()
    below_lists: ClassVar[tuple[str, ...]] = ()
    predict_options: ClassVar[tuple[str, ...] | None] = None
    predict_always: ClassVar[Mapping[str, Any]] = {}
    rooms: ClassVar[type[DatasetReader] | None] = None

    def __post_init__(self) -> None:
        for option in options_of(type(self)).values():
            option.check(getattr(self, option.field))

    @property
    @abstractmethod
    def class_names(self) -> tuple[str, ...]:
        """See ``Reader``."""

    @abstractmethod
    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """See ``Reader``."""

    @abstractmethod
    def count_frames(self, source: VideoSource) -> int:
        """See ``Reader``."""

    @abstractmethod
    def read_video(self, source: VideoSource) -> Video:
        """See ``Reader``."""

    def settings(self) -> dict[str, float | str]:
        """Return the options that change the store: all, where a reader says nothing else."""
        return self.noted(*options_of(type(self)))

    def noted(self, *fields: str) -> dict[str, float | str]:
        """Return what a store notes of some fields."""
        known = options_of(type(self))
        return {known[name].key: known[name].note(getattr(self, name)) for name in fields}

    def alone(self, path: Path) -> VideoSource | None:
        """Describe a recording that is given on its own, and that ``list_videos`` does not find.

        Raises:
            RawFileError: It cannot be used.
        """
        return None

    @classmethod
    def read_options(cls) -> dict[str, Option]:
        """Return the options that ``pcv predict --read`` sets, by their keys."""
        known = options_of(cls)
        names = known if cls.predict_options is None else cls.predict_options
        return {known[name].key: known[name] for name in names if known[name].readable}

    @classmethod
    def reads_scenes(cls) -> bool:
        """Say whether its recordings are scenes, rather than videos."""
        return hasattr(cls, "ordered")


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
