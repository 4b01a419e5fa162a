"""Anyone's own recordings."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pcv.errors import InputError
from pcv_cli.options import Dtype, Jobs, Json, Limit, Out, Points, Raw, Scheduler, SkipBad, Step
from pcv_cli.prepare.convert import convert, prepare_app

if TYPE_CHECKING:
    from pcv.data.files.cloud_files import DepthCamera


@prepare_app.command(epilog="Example: pcv prepare folder recordings stores/mine --up z")
def folder(  # noqa: PLR0913 - the options are the interface
    raw: Raw,
    out: Out,
    points: Points = 2048,
    dtype: Dtype = "int16",
    step: Step = 2**-11,
    labels: Annotated[
        Path | None, typer.Option(help="CSV: video, label[, subject][, split]; default: folders.")
    ] = None,
    split: Annotated[Path | None, typer.Option(help="CSV: video, split.")] = None,
    test: Annotated[float, typer.Option(help="Share that tests, without a CSV.")] = 0.2,
    validation: Annotated[float, typer.Option(help="Share that validates.")] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw of the split.")] = 0,
    pattern: Annotated[str, typer.Option(help="Which files are frames.")] = "*",
    up: Annotated[str, typer.Option(help="The axis that points up: -y, y or z.")] = "-y",
    unit: Annotated[
        float | None, typer.Option(min=1e-9, help="Metres a unit; default 1, depth 0.001.")
    ] = None,
    focal: Annotated[
        str, typer.Option(metavar="FX[,FY]", help="Of depth PNGs, pixels; needed for them.")
    ] = "",
    centre: Annotated[
        str, typer.Option(metavar="CX,CY", help="Of depth PNGs, pixels; default: the middle.")
    ] = "",
    point_classes: Annotated[
        str, typer.Option(metavar="A,B,...", help="Read point labels; their names from 0.")
    ] = "",
    colour: Annotated[bool, typer.Option("--colour", help="Read colours.")] = False,
    drop_nan: Annotated[bool, typer.Option("--drop-nan", help="Leave NaN points out.")] = False,
    jobs: Jobs = 0,
    skip_bad: SkipBad = False,
    limit: Limit = None,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """Your own: [class/]video/0001.ply (.pcd .xyz .npy .npz .las .laz, 16-bit depth .png)."""
    from pcv.data.raw.folder import VideoFolders

    names = tuple(name.strip() for name in point_classes.split(",") if name.strip())
    reader = VideoFolders(
        raw, labels, split, test, validation, seed, pattern, up, unit, _camera(focal, centre),
        names, colour, drop_nan,
    )  # fmt: skip
    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    convert(reader, raw, out, storage | work, json, suggest=True)


def _camera(focal: str, centre: str) -> DepthCamera | None:
    from pcv.data.files.cloud_files import DepthCamera

    if not focal:
        return None
    try:
        fx, fy = (
            float(word) for word in (focal if "," in focal else f"{focal},{focal}").split(",")
        )
        middle = tuple(float(word) for word in centre.split(",")) if centre else None
        if not (0 < fx < math.inf and 0 < fy < math.inf) or (middle and len(middle) != 2):
            raise ValueError
    except ValueError:
        raise InputError(
            f"--focal {focal} --centre {centre}: expected pixels such as 585 and 320,240"
        ) from None
    return DepthCamera((fx, fy), (middle[0], middle[1]) if middle else None)
