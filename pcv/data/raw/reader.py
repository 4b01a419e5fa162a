"""What a reader of raw recordings states and does."""

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

# The config of a reader's class; the checks of its values are built when the first one is made.
OPTIONS = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


class Reader(Protocol):
    """What preparation asks of a reader. Readers are small, frozen and picklable."""

    @property
    def dataset(self) -> str:
        """The name that a store keeps."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the labels of videos, from 0."""

    @property
    def axes(self) -> str:
        """What x, y and z point to, in words."""

    def settings(self) -> dict[str, float | str]:
        """Return the options that change the store, which its attributes keep."""

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find all recordings, sorted by name.

        Args:
            root: The folder that is searched, with the folders in it.
            bad: Collects the errors of files that cannot be used; without it the first one is
                raised.

        Raises:
            InputError: Nothing is found, or (without ``bad``) a name is wrong or appears twice.
        """

    def count_frames(self, source: VideoSource) -> int:
        """Return the number of frames, from names or headers alone.

        Raises:
            RawFileError: The file is damaged or of another kind.
        """

    def read_video(self, source: VideoSource) -> Video:
        """Read a recording as points in metres, one array (N_t, 3) per frame.

        Raises:
            RawFileError: The file is damaged, of another kind, or has no foreground at all.
        """


@runtime_checkable
class PointReader(Protocol):
    """What a reader also states if its points have labels, colours or other columns."""

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns of every video; ``labels`` holds classes from 0, -1 for ignored points."""

    @property
    def point_class_names(self) -> tuple[str, ...]:
        """The names of the classes in ``labels``, from 0."""


@runtime_checkable
class ViewReader(Protocol):
    """What a reader also states if its videos have posed images."""

    @property
    def image(self) -> tuple[int, int]:
        """The rows and columns of the images that are kept."""

    @property
    def held_out(self) -> int:
        """Every ``held_out``-th view added nothing to the points; 0: all views did."""

    def count_views(self, source: VideoSource) -> int:
        """Return how many views a video has at most, from names or headers alone."""


@runtime_checkable
class SceneReader(Protocol):
    """What a reader also states if its videos are scenes: one frame, whose points are all kept."""

    @property
    def ordered(self) -> int:
        """How many points of a scene are put into farthest-point order."""


class Sign(NamedTuple):
    """A name of a file or a folder that tells which dataset it is of."""

    name: re.Pattern[str]  # the whole name
    folder: bool = False  # whether it is the name of a folder, not of a file
    last: bool = False  # whether it is weak: it counts only where no other sign is found


class StoreDefaults(NamedTuple):
    """How ``pcv prepare`` stores points unless its options say otherwise."""

    points: int = 2048  # per frame; for scenes, the most that one may have
    dtype: str = "int16"
    step: float = 2**-11  # metres, for int16


class DatasetReader(ABC):
    """A dataset in one class: what it is called, which options it has, and how it is read.

    A reader derives from this class, is decorated with pydantic's
    ``@dataclass(frozen=True, config=OPTIONS)``, and is named in ``READERS``, or in the entry points
    ``pcv.readers`` of another package. Every field is an option, a type with
    ``Field(description=...)`` and a default; ``pcv.data.raw.marks`` has the marks for unusual ones.
    A field ``root`` is given the folder of the recordings when the reader is made. A reader of
    labelled points, of posed images or of scenes also has what ``PointReader``, ``ViewReader`` or
    ``SceneReader`` asks for.

    Attributes:
        dataset: The name that ``pcv prepare`` calls it by, and that a store keeps.
        summary: The help of its command, in one line.
        example: A command, with which the help ends.
        axes: What x, y and z point to, in words.
        stored: The defaults of the options of the store.
        suggests: Whether ``pcv prepare`` measures the points, and suggests a radius.
        signs: Names of files and folders that tell its recordings.
        below_lists: For a dataset with lists: the patterns of all folders on the way from the
            folder of the lists to a recording.
        predict_options: The fields that ``pcv predict --read`` can set; None: all of them.
        predict_always: The values of fields that ``pcv predict`` sets, because labels and splits
            do not matter to it.
        rooms: The reader of single rooms in the same format, if this class reads videos.
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
        """Return the options that change the store: all of them, unless a reader overrides this."""
        return self.noted(*options_of(type(self)))

    def noted(self, *fields: str) -> dict[str, float | str]:
        """Return what a store notes of these fields, by the keys of ``pcv predict --read``."""
        known = options_of(type(self))
        return {known[name].key: known[name].note(getattr(self, name)) for name in fields}

    def alone(self, path: Path) -> VideoSource | None:
        """Describe a recording that is given on its own and that ``list_videos`` would not find.

        Returns:
            None where ``list_videos`` finds what the path holds.

        Raises:
            RawFileError: The recording cannot be used.
        """
        return None

    @classmethod
    def read_options(cls) -> dict[str, Option]:
        """Return the options that ``pcv predict --read`` can set, by their keys."""
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
    """Return what the attributes of a store say of columns, scenes and views, if there are any."""
    found: dict[str, Any] = {}
    if isinstance(reader, PointReader) and reader.columns:
        found["columns"] = describe_columns(columns_of(reader))
        found["point_class_names"] = list(reader.point_class_names)
        if isinstance(reader, SceneReader):
            found["ordered"] = reader.ordered
    if isinstance(reader, ViewReader):
        found["views"] = {"image": [*reader.image], "held_out": reader.held_out}
    return found
