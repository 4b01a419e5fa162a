"""What a CSV file, or a random draw, says of the videos of a folder."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pcv.data.raw.folder_names import split_of
from pcv.errors import InputError
from pcv.regular_file import read_text

SPLITS = ("train", "validation", "test")


class VideoRow(NamedTuple):
    """What is known of a video."""

    label: str = ""  # empty: unknown
    subject: int = -1
    split: str = ""  # empty: to be drawn


def read_video_table(path: Path, needed: str) -> dict[str, VideoRow]:
    """Read a CSV file whose first line names ``video`` and ``label``, ``subject`` or ``split``.

    Args:
        path: The file.
        needed: The column that every line must fill, besides ``video``.

    Raises:
        InputError: The file cannot be read, a column is missing, a line is short or wrong, or two
            lines are of one video; the error names the line.
    """
    try:
        text = read_text(path, "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(f"{path}: cannot be read: {reason}; check the path") from None
    lines = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    columns = [name.strip() for name in lines.fieldnames or ()]
    if not {"video", needed} <= set(columns):
        found = ascii(", ".join(columns))[1:-1] or "nothing"
        raise InputError(
            f"{path}: its first line names {found[:120]}; expected the columns video and {needed}"
        )
    lines.fieldnames = columns
    rows: dict[str, VideoRow] = {}
    for values in lines:
        where = f"{path}, line {lines.line_num}"
        name = (values["video"] or "").strip().strip("/")
        if not name or not (values[needed] or "").strip() or None in values:
            raise InputError(f"{where}: expected {len(columns)} values: {', '.join(columns)}")
        if name in rows:
            raise InputError(f"{where}: {name} is listed a second time; keep one line")
        rows[name] = _row(where, {key: (value or "").strip() for key, value in values.items()})
    if not rows:
        raise InputError(f"{path}: lists no video; expected one line per video")
    return rows


def _row(where: str, values: dict[str, str]) -> VideoRow:
    split, subject = values.get("split", ""), values.get("subject", "")
    if split and not split_of(split):
        raise InputError(f"{where}: the split is {split}; choose {', '.join(SPLITS)}")
    try:
        number = int(subject) if subject else -1
    except ValueError:
        raise InputError(f"{where}: the subject is {subject}; expected a number") from None
    return VideoRow(values.get("label", ""), number, split_of(split))


def draw_split(
    rows: dict[str, VideoRow], test: float, validation: float, seed: int
) -> dict[str, VideoRow]:
    """Draw a split for every video without one: the same shares of each class, by the seed.

    At least one video of a class trains; at least one tests where there are two or more and
    ``test`` is above 0.

    Raises:
        InputError: The shares are not from 0 to 1, or leave nothing to train on.
    """
    if not (0 <= test < 1 and 0 <= validation < 1 and test + validation < 1):
        raise InputError(f"--test {test:g} --validation {validation:g}: expected shares below 1")
    drawn = dict(rows)
    for number, label in enumerate(sorted({row.label for row in rows.values()})):
        names = sorted(n for n, row in rows.items() if row.label == label and not row.split)
        order = np.random.default_rng([seed, number]).permutation(len(names))
        tests = min(max(round(test * len(names)), test > 0), max(len(names) - 1, 0))
        validates = min(round(validation * len(names)), max(len(names) - 1 - tests, 0))
        kinds = ["test"] * tests + ["validation"] * validates
        kinds += ["train"] * (len(names) - len(kinds))
        for index, kind in zip(order, kinds, strict=True):
            drawn[names[index]] = rows[names[index]]._replace(split=kind)
    return drawn
