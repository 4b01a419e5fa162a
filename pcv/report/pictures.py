"""Pictures of a run's output as PNG files, which need no display."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.errors import PcvError
from pcv.whole import whole_file

GAP = 6  # pixels between pictures
HEADING = 16  # pixels for the names of the columns
LINE = 16  # pixels for a line of the legend
SWATCH, LETTER = 12, 6  # approximate width in pixels of a colour in the legend, and of a letter
CEILING = 2.0  # metres above the floor; points that hang higher would hide the room
FLOOR = 0.02  # share of the points that may lie lower than the floor
SPLAT = 3  # pixels per side of a drawn point
WHITE = 255
# From near to far: dark blue, violet, red, orange, yellow.
DEPTHS = np.array(
    [[13, 8, 135], [126, 3, 168], [204, 71, 120], [248, 149, 64], [240, 249, 33]], np.float64
)


class PictureColumn(NamedTuple):
    """A column of pictures of one kind, with one picture per row."""

    name: str
    pictures: list[NDArray[np.uint8]]  # (H, W, 3)


def colour_picture(
    image: NDArray[np.float32],  # (H, W, 3), 0 to 1
) -> NDArray[np.uint8]:  # (H, W, 3)
    """Convert an image to bytes."""
    return np.rint(np.clip(np.nan_to_num(image), 0, 1) * 255).astype(np.uint8)


def depth_picture(
    depth: NDArray[np.float32],  # (H, W), 0: no depth
    low: float,
    high: float,
) -> NDArray[np.uint8]:  # (H, W, 3)
    """Show depths from ``low`` to ``high`` as colours; pixels without depth are black."""
    share = np.clip((depth - low) / max(high - low, 1e-6), 0, 1) * (len(DEPTHS) - 1)
    index = np.minimum(share.astype(np.int64), len(DEPTHS) - 2)
    rest = (share - index)[..., None]
    picture = DEPTHS[index] * (1 - rest) + DEPTHS[index + 1] * rest
    return np.where((depth > 0)[..., None], picture, 0).astype(np.uint8)


def principal_pictures(
    feature: NDArray[np.float32],  # (V, H, W, F)
) -> list[NDArray[np.uint8]]:  # V arrays (H, W, 3)
    """Show the three directions in which features vary most as red, green and blue.

    All views share the directions and the scale. The signs of the directions are fixed, so that
    the same features give the same pictures.
    """
    views, height, width, channels = feature.shape
    rows = feature.reshape(-1, channels).astype(np.float64)
    rows = rows - rows.mean(0)
    _, directions = np.linalg.eigh(rows.T @ rows)
    first = directions[:, ::-1][:, :3]
    first = first * np.where(first[np.abs(first).argmax(0), np.arange(first.shape[1])] < 0, -1, 1)
    shown = np.zeros((len(rows), 3))
    shown[:, : first.shape[1]] = rows @ first
    low, high = np.percentile(shown, 1, axis=0), np.percentile(shown, 99, axis=0)
    shown = np.clip((shown - low) / np.maximum(high - low, 1e-9), 0, 1) * 255
    return list(np.rint(shown).astype(np.uint8).reshape(views, height, width, 3))


def from_above(
    points: NDArray[np.float32],  # (n, 3) metres, y down
    colours: NDArray[np.uint8],  # (n, 3)
    metres: float,
    pixels: int,
) -> NDArray[np.uint8]:  # (pixels, pixels, 3)
    """Draw a room as seen from above without its ceiling, higher points over lower ones.

    The middle of the room is in the middle of the picture; x points to the right and z to the top.

    Args:
        points: The points of the room.
        colours: The colour of every point.
        metres: Width and height of the picture in metres.
        pixels: Width and height of the picture in pixels.
    """
    floor = np.quantile(points[:, 1], 1 - FLOOR)
    kept = np.flatnonzero(points[:, 1] > floor - CEILING)
    kept = kept[np.argsort(-points[kept, 1], kind="stable")]
    low, high = points.min(0), points.max(0)
    position = (points[kept] - (low + high) / 2)[:, [2, 0]] * np.array([-1, 1])  # row, column
    cell = np.floor(position / metres * pixels + pixels / 2).astype(np.int64)
    picture = np.full((pixels, pixels, 3), WHITE, np.uint8)
    for down in range(SPLAT):
        for right in range(SPLAT):
            row, column = np.clip(cell + np.array([down, right]), 0, pixels - 1).T
            picture[row, column] = colours[kept]
    return picture


def write_columns(
    path: Path,
    columns: list[PictureColumn],
    *,
    enlarge: int = 1,
    legend: Sequence[tuple[str, Sequence[int]]] = (),
) -> None:
    """Write columns of pictures side by side, each under its name.

    Args:
        path: The path of the PNG, which appears whole or not at all.
        columns: The columns, with equally many pictures, all of one size.
        enlarge: Pixels per side into which every pixel is enlarged.
        legend: Names and their colours (red, green, blue), which are shown below the pictures.

    Raises:
        PcvError: The file cannot be written.
    """
    from PIL import Image, ImageDraw

    height, width = (enlarge * length for length in columns[0].pictures[0].shape[:2])
    rows, across = len(columns[0].pictures), len(columns) * (width + GAP) + GAP
    below = HEADING + rows * (height + GAP)
    marks = _lay_out([name for name, _ in legend], across)
    lines = 1 + marks[-1][1] if marks else 0
    whole = Image.new("RGB", (across, below + lines * LINE), (WHITE,) * 3)
    pen = ImageDraw.Draw(whole)
    for (left, line), (name, colour) in zip(marks, legend, strict=True):
        top = below + line * LINE
        pen.rectangle((left, top, left + SWATCH - 3, top + SWATCH - 3), fill=tuple(colour))
        pen.text((left + SWATCH, top - 1), name, fill=(0, 0, 0))
    for number, column in enumerate(columns):
        left = GAP + number * (width + GAP)
        pen.text((left, 2), column.name, fill=(0, 0, 0))
        for row, picture in enumerate(column.pictures):
            large = Image.fromarray(picture).resize((width, height), Image.Resampling.NEAREST)
            whole.paste(large, (left, HEADING + row * (height + GAP)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            whole.save(partial, format="PNG", optimize=True)
    except OSError as error:
        raise PcvError(f"{path}: cannot be written: {error}") from None


def _lay_out(names: list[str], across: int) -> list[tuple[int, int]]:
    """Return the pixels from the left and the line of every name in a legend."""
    found, left, line = [], GAP, 0
    for name in names:
        wide = SWATCH + LETTER * len(name) + 2 * GAP
        if left + wide > across and left > GAP:
            left, line = GAP, line + 1
        found.append((left, line))
        left += wide
    return found
