"""What the folders on the way to a video say of it: its class and its split."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pcv.errors import InputError

# The words by which splits go, in any case.
SPLIT_WORDS = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation",
    "validation": "validation", "test": "test", "testing": "test",
}  # fmt: skip


class Told(NamedTuple):
    """What the folders of a video tell."""

    label: str  # the class; empty: none
    split: str  # empty: no folder is called after a split


def split_of(word: str) -> str:
    """Return the split that a word names, in any case; an empty text where it names none."""
    return SPLIT_WORDS.get(word.lower(), "")


def read_names(root: object, names: Iterable[str]) -> dict[str, Told]:
    """Read the classes and splits of videos from their paths below the root.

    A folder that is called after a split is never a class: ``train/walk/v0``, ``walk/train/v0`` and
    ``walk/train`` all are of class ``walk``.

    Args:
        root: The folder of the videos, for the error.
        names: The paths, such as ``train/walk/v0``.

    Raises:
        InputError: Folders say two splits of one video, or a split of only some of the videos.
    """
    told = {name: _read(root, name) for name in names}
    without = sorted(name for name, each in told.items() if not each.split)
    within = sorted(name for name, each in told.items() if each.split)
    if without and within:
        raise InputError(
            f"{root}: {within[0]} lies in a folder of a split, {without[0]} does not; put every "
            "video into train, validation or test, or give --labels a CSV of video, label, split"
        )
    return told


def _read(root: object, name: str) -> Told:
    *folders, own = name.split("/")
    splits = {split_of(word) for word in (*folders, own)} - {""}
    if len(splits) > 1:
        raise InputError(
            f"{root}: the folders of {name} say the splits {' and '.join(sorted(splits))}; keep one"
        )
    classes = [word for word in folders if not split_of(word)]
    return Told(classes[-1] if classes else "", next(iter(splits), ""))
