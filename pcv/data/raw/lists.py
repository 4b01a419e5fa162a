"""The lists of recordings that a dataset comes with."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pcv.clip import VideoSource
from pcv.data.raw.listing import collect_sources
from pcv.errors import InputError, RawFileError
from pcv.regular_file import read_text


class Line(NamedTuple):
    """One line of a list."""

    path: Path  # of the list
    number: int  # from 1
    split: str  # "train" or "test"
    text: str

    def wrong(self, problem: str, advice: str) -> RawFileError:
        """Return the error that names this line."""
        return RawFileError(self.path, f"line {self.number} {problem}", advice)

    def missing(self, recording: Path) -> RawFileError:
        """Return the error that says that what this line lists is not there."""
        said = f"is on line {self.number} of {self.path.name} and not there"
        return RawFileError(recording, said, "unpack it again")


class Listed(NamedTuple):
    """How a dataset lists its recordings."""

    patterns: dict[str, re.Pattern[str]]  # what the whole name of a split's list matches
    examples: dict[str, str]  # the official name of each list, for errors
    glob: str  # of recordings, below the folder of the lists
    place: Callable[[Line], Path]  # of what a line lists, even one that is wrong


def list_listed(
    root: Path,
    how: Listed,
    describe: Callable[[Line], VideoSource],
    bad: list[InputError] | None,
) -> list[VideoSource]:
    """Read the lists, and compare them with what is there; sorted by name.

    Args:
        root: Folder that holds the lists, or the one folder in it that does.
        how: What lists and recordings are named.
        describe: Makes a source of a line; raises RawFileError where it cannot.
        bad: Collects errors instead of raising the first.

    Raises:
        InputError: A list is missing or unusable, a line is wrong, or a recording is unlisted.
    """
    lines = read_lists(root, how.patterns, how.examples)
    found = collect_sources(lines, describe, bad)
    listed = {source.path for source in found} | {how.place(line) for line in lines}
    surplus = unlisted(lines[0].path.parent, how.glob, listed)
    if surplus and bad is None:
        raise surplus[0]
    if bad is not None:
        bad += surplus
    return found


def read_lists(
    root: Path, patterns: dict[str, re.Pattern[str]], examples: dict[str, str]
) -> list[Line]:
    """Read the lists of all splits; blank lines are passed over.

    Args:
        root: The folder that holds the lists, itself or in a folder in it.
        patterns: By split, what the whole name of its list matches.
        examples: By split, the official name of its list, for the error.

    Raises:
        InputError: The folder is not there, or a list is missing, there twice, empty or not text.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds {examples['train']}")
    lines: list[Line] = []
    for split, pattern in patterns.items():
        found = [
            path
            for path in sorted([*root.glob("*"), *root.glob("*/*")])
            if pattern.fullmatch(path.name) and path.is_file()
        ]
        if not found:
            raise InputError(
                f"{root}: {examples[split]} is missing, which says who is in {split}; "
                "give the folder that holds it, or copy it from the dataset"
            )
        if len(found) > 1:
            raise InputError(f"{found[1]}: is a second {split} list beside {found[0]}; keep one")
        lines += _read(found[0], split)
    return lines


def _read(path: Path, split: str) -> list[Line]:
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise InputError(f"{path}: cannot be read: {reason}; copy it again") from None
    lines = [
        Line(path, number, split, line.strip())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]
    if not lines:
        raise InputError(f"{path}: lists no recording; copy it again from the dataset")
    return lines


def unlisted(root: Path, pattern: str, listed: set[Path]) -> list[RawFileError]:
    """Return an error for every recording below ``root`` that no list names.

    Args:
        root: The folder of the lists.
        pattern: A glob that finds all recordings below ``root``.
        listed: The recordings that the lists name.
    """
    return [
        RawFileError(path, "is on neither list", "is a list cut short? copy it again")
        for path in sorted(root.glob(pattern))
        if path not in listed
    ]
