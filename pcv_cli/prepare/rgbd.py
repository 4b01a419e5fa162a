"""Scenes with posed images."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from pcv.errors import InputError
from pcv_cli.options import Dtype, Jobs, Json, Limit, Out, Raw, Scheduler, SkipBad, Step
from pcv_cli.prepare.convert import convert, prepare_app
from pcv_cli.prepare.scenes import MostPoints

Recordings = Annotated[str, typer.Option(metavar="A,B", help="Recordings; all others train.")]


@prepare_app.command(epilog="Example: pcv prepare rgbd redkitchen stores/kitchen --image 240,320")
def rgbd(  # noqa: PLR0913 - the options are the interface
    raw: Raw,
    out: Out,
    points: MostPoints = 1 << 20,
    dtype: Dtype = "int16",
    step: Step = 2**-11,
    layout: Annotated[str, typer.Option(help="auto, or one of them by name.")] = "auto",
    every: Annotated[int, typer.Option(min=1, help="Take every so many-th frame.")] = 1,
    views_per_scene: Annotated[
        int, typer.Option(min=0, help="Cut recordings into scenes of about so many; 0: whole.")
    ] = 0,
    image: Annotated[
        str, typer.Option(metavar="ROWS,COLUMNS", help="Of the images kept; default: as the depth.")
    ] = "",
    held_out: Annotated[
        int, typer.Option(help="Every so many-th view tests: it adds no points; 0: none.")
    ] = 0,
    voxel: Annotated[float, typer.Option(min=1e-4, help="Metres that points are fused at.")] = 0.02,
    far: Annotated[float, typer.Option(min=1e-3, help="Farthest depth fused, metres.")] = 10.0,
    up: Annotated[str, typer.Option(help="The axis of the world that points up: -y, y or z.")] = "",
    unit: Annotated[
        float | None, typer.Option(min=1e-9, help="Metres a unit of depth; default: the layout's.")
    ] = None,
    camera: Annotated[
        str, typer.Option(metavar="FX,FY,CX,CY", help="Instead of the recordings' own, pixels.")
    ] = "",
    poses: Annotated[
        str, typer.Option(help="camera-to-world or world-to-camera, either with -opengl.")
    ] = "camera-to-world",
    test: Recordings = "",
    validation: Recordings = "",
    classes: Annotated[
        Path | None,
        typer.Option(help="Names of label ids, `id name` a line; default: RAW/classes.txt."),
    ] = None,
    jobs: Jobs = 0,
    skip_bad: SkipBad = False,
    limit: Limit = None,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """Posed RGB-D: folders as 7-Scenes, ScanNet (exported or .sens) or TUM RGB-D has them."""
    from pcv.data.raw.rgbd import RgbdScenes

    size = _numbers("--image", image, 2, "rows and columns such as 240,320")
    pixels = _numbers("--camera", camera, 4, "pixels such as 585,585,320,240")
    reader = RgbdScenes(
        raw,
        layout,
        every,
        views_per_scene,
        (int(size[0]), int(size[1])) if size else None,
        voxel,
        far,
        held_out,
        up or None,
        unit,
        (pixels[0], pixels[1], pixels[2], pixels[3]) if pixels else None,
        poses,
        _names(test),
        _names(validation),
        classes,
    )
    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    convert(reader, raw, out, storage | work, json)


def _names(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


def _numbers(option: str, text: str, count: int, expected: str) -> tuple[float, ...]:
    if not text:
        return ()
    try:
        found = tuple(float(word) for word in text.split(","))
        if len(found) != count or not all(0 < value < math.inf for value in found):
            raise ValueError
        if count == 2 and not all(value == int(value) <= 4096 for value in found):
            raise ValueError
    except ValueError:
        raise InputError(f"{option} {text}: expected {expected}") from None
    return found
