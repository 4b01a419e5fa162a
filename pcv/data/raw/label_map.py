"""A YAML file that says which class a raw label id is, in the keys of ``semantic-kitti.yaml``."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from pcv.config.plain_yaml import read_plain_yaml
from pcv.errors import InputError, RawFileError, one_line
from pcv.regular_file import read_text

SPLITS = {"train": "train", "valid": "validation", "test": "test"}
MOST_IDS = 1 << 16
MOST_CLASSES = 1 << 15  # a store holds classes as int16


class LabelMap(NamedTuple):
    """Which class a raw id is, and which split a sequence is in."""

    table: tuple[int, ...]  # class of every raw id from 0; -1 ignored, -2 unknown
    names: tuple[str, ...]  # of the classes, from 0
    split: dict[int, str]  # sequence: train, validation or test

    def classes(
        self,
        raw: NDArray[np.integer],  # (...,)
        path: Path,
        remedy: str = "give a map that has them",
    ) -> NDArray[np.int16]:  # (...,)
        """Turn raw ids into classes from 0; ignored ones become -1.

        Args:
            raw: The ids.
            path: The file that the error names.
            remedy: What the error advises.

        Raises:
            RawFileError: An id is not in the map.
        """
        table = np.array(self.table, np.int16)
        known = raw[(raw >= 0) & (raw < len(table))]
        unknown = set(np.unique(raw)) - set(np.unique(known))
        unknown |= set(np.unique(known[table[known] == -2]))
        if unknown:
            ids = ", ".join(str(i) for i in sorted(unknown)[:5])
            raise RawFileError(path, f"holds the unknown class ids {ids}", remedy)
        return table[raw]

    def known_or_ignored(
        self,
        raw: NDArray[np.integer],  # (n,)
    ) -> tuple[NDArray[np.integer], dict[int, int]]:
        """Replace ids that are not in the map by an ignored one, as benchmarks do.

        Returns:
            The ids (n,), and how many points had which unknown id. Where none has an id of a class,
            the ids are another dataset's, and are returned as they are.
        """
        table = np.array(self.table, np.int16)
        inside = (raw >= 0) & (raw < len(table))
        learned = np.where(inside, table[np.where(inside, raw, 0)], -2)
        unknown, ignored = learned == -2, np.flatnonzero(table == -1)
        if not unknown.any() or not (learned >= 0).any() or not len(ignored):
            return raw, {}
        ids, counts = np.unique(raw[unknown], return_counts=True)
        found = dict(zip(ids.tolist(), counts.tolist(), strict=True))
        return np.where(unknown, ignored[0], raw), found


class MappedClasses:
    """Part of a reader whose points have the classes of a label map."""

    @cached_property
    def labels(self) -> LabelMap:
        """The label map, read once."""
        raise NotImplementedError

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes of points: a recording as a whole has no class."""
        return self.labels.names

    @property
    def point_class_names(self) -> tuple[str, ...]:
        """Names of the classes of points."""
        return self.labels.names


def read_label_map(path: Path) -> LabelMap:
    """Read ``labels``, ``learning_map``, ``learning_map_inv``, ``learning_ignore`` and ``split``.

    Classes are numbered from 0 in the order of their learning ids; ignored ones are -1.

    Raises:
        InputError: The file cannot be read, is no YAML, or a key is missing or of the wrong kind.
    """
    try:
        tree = read_plain_yaml(read_text(path))
        return _label_map(tree)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check the path") from None
    except (yaml.YAMLError, KeyError, TypeError, ValueError, RecursionError) as error:
        reason = one_line(error, 120)
        raise InputError(
            f"{path}: is no label map: {reason}; expected the keys of semantic-kitti.yaml"
        ) from None


def _label_map(tree: Any) -> LabelMap:  # noqa: ANN401 - what a YAML file holds
    learned, inverse = _numbered(tree, "learning_map"), _numbered(tree, "learning_map_inv")
    ignore = _numbered(tree, "learning_ignore", {0: True})
    ignored = {key for key, value in ignore.items() if value}
    kept = sorted({*learned.values()} - ignored)
    named = _numbered(tree, "labels")
    names = tuple(str(named[inverse[key]]) for key in kept)
    if not 0 < len(kept) <= MOST_CLASSES:
        raise ValueError(f"{len(kept)} classes")
    number = {key: index for index, key in enumerate(kept)} | dict.fromkeys(ignored, -1)
    if not 0 <= min(learned) <= max(learned) < MOST_IDS:
        raise ValueError(f"ids {min(learned)} to {max(learned)}")
    table = [-2] * (max(learned) + 1)
    for raw, key in learned.items():
        table[raw] = number[key]
    splits = tree.get("split", {})
    if not isinstance(splits, dict):
        raise TypeError("split is no mapping")
    split = {_whole(n): SPLITS[name] for name in SPLITS for n in splits.get(name) or ()}
    return LabelMap(tuple(table), names, split)


def _numbered(
    tree: Any,  # noqa: ANN401
    key: str,
    default: dict[int, Any] | None = None,
) -> dict[int, Any]:
    """Return a mapping whose keys are whole numbers."""
    if not isinstance(tree, dict):
        raise TypeError("no keys")
    found = tree[key] if default is None else tree.get(key, default)
    if not isinstance(found, dict):
        raise TypeError(f"{key} is no mapping")
    return {_whole(number): value for number, value in found.items()}


def _whole(number: Any) -> int:  # noqa: ANN401
    """Return a whole number, also one that is written as a text."""
    if isinstance(number, float) and not number.is_integer():
        raise ValueError(f"{number} is no whole number")
    return int(number)
