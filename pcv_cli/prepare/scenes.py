"""Labelled rooms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pcv.errors import InputError
from pcv_cli.options import Dtype, Jobs, Json, Limit, Out, Raw, Scheduler, SkipBad, Step
from pcv_cli.prepare.convert import convert, prepare_app

MostPoints = Annotated[int, typer.Option(min=1, help="Most points a room may have; all are kept.")]
Unlabelled = Annotated[
    bool, typer.Option("--unlabelled", help="Take rooms without labels: every point is ignored.")
]


@prepare_app.command(epilog="Example: pcv prepare scannet scans stores/scannet --classes 20")
def scannet(  # noqa: PLR0913 - the options are the interface
    raw: Raw,
    out: Out,
    classes: Annotated[int, typer.Option(help="20 or 200.")] = 20,
    train_list: Annotated[
        Path | None, typer.Option(help="Rooms that train; default: scannetv2_train.txt in RAW.")
    ] = None,
    val_list: Annotated[
        Path | None, typer.Option(help="Rooms that are scored; default: scannetv2_val.txt in RAW.")
    ] = None,
    unlabelled: Unlabelled = False,
    points: MostPoints = 1 << 20,
    dtype: Dtype = "int16",
    step: Step = 2**-11,
    jobs: Jobs = 0,
    skip_bad: SkipBad = False,
    limit: Limit = None,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """ScanNet: sceneXXXX_YY_vh_clean_2.ply with labels, or sceneXXXX_YY_vert.npy."""
    from pcv.data.raw.room import RoomLists
    from pcv.data.raw.scannet import ScanNet

    if classes not in (20, 200):
        raise InputError(f"--classes {classes}: choose 20 or 200")
    reader = ScanNet(raw, classes, RoomLists(train_list, val_list), unlabelled)
    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    convert(reader, raw, out, storage | work, json)


@prepare_app.command(epilog="Example: pcv prepare s3dis Stanford3dDataset stores/s3dis")
def s3dis(  # noqa: PLR0913 - the options are the interface
    raw: Raw,
    out: Out,
    test_area: Annotated[int, typer.Option(min=1, max=6, help="Tests; the others train.")] = 5,
    points: MostPoints = 1 << 24,
    dtype: Dtype = "int16",
    step: Step = 2**-10,
    jobs: Jobs = 0,
    skip_bad: SkipBad = False,
    limit: Limit = None,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """S3DIS: Area_N/room_M/Annotations/*.txt, an object a file."""
    from pcv.data.raw.s3dis import S3dis

    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    convert(S3dis(test_area), raw, out, storage | work, json)
