"""Options that the two readers of a user's own clouds share."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from pcv.data.files.cloud_files import DepthCamera
from pcv.data.raw.marks import Flag, Noted, Parts
from pcv.data.raw.words import numbers


def parse_camera(focal: str, centre: str) -> DepthCamera:
    """Make a camera of a focal length ``585`` or ``585,590`` and a centre ``320,240`` or nothing.

    Raises:
        ValueError: The texts are others.
    """
    fx, fy = (float(word) for word in (focal if "," in focal else f"{focal},{focal}").split(","))
    middle = tuple(float(word) for word in centre.split(",")) if centre else None
    if not (0 < fx < math.inf and 0 < fy < math.inf) or (middle and len(middle) != 2):
        raise ValueError
    return DepthCamera((fx, fy), (middle[0], middle[1]) if middle else None)


def read_camera(text: str) -> DepthCamera:
    """Read ``585``, ``585,585`` or ``585,585,320,240``, whatever brackets are around them.

    Raises:
        ValueError: The text is another one.
    """
    found = numbers(text)
    if len(found) not in (1, 2, 4) or min(found[:2]) <= 0:
        raise ValueError("expected FX,FY or FX,FY,CX,CY in pixels")
    centre = (found[2], found[3]) if len(found) == 4 else None
    return DepthCamera((found[0], found[len(found) > 1]), centre)


Metres = Annotated[
    float | None,
    Field(ge=1e-9, description="Metres per unit of the files; default: 1, of depth PNGs 0.001."),
    Noted(none="default"),
]
CloudCamera = Annotated[
    DepthCamera | None,
    Parts(
        (
            Flag("focal", "Focal length in pixels; depth PNGs need it.", "FX[,FY]"),
            Flag(
                "centre", "Principal point of depth PNGs in pixels; default: the middle.", "CX,CY"
            ),
        ),
        parse_camera,
        "pixels such as 585 and 320,240",
    ),
    Noted(read=read_camera, write=lambda camera: str(tuple(camera))),
]
