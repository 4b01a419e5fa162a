"""Depth films of people and hands."""

from __future__ import annotations

from typing import Annotated

import typer

from pcv_cli.options import Dtype, Jobs, Json, Limit, Out, Points, Raw, Scheduler, SkipBad, Step
from pcv_cli.prepare.convert import convert, prepare_app

Focal = Annotated[float, typer.Option(min=1.0, help="Focal length, pixels.")]
Frames = Annotated[int, typer.Option(min=0, help="Frames kept of a recording, spread; 0: all.")]
Unit = Annotated[float, typer.Option(min=1e-9, help="Metres a unit of depth.")]


@prepare_app.command(epilog="Example: pcv prepare msr Depth stores/msr --points 2048")
def msr(  # noqa: PLR0913 - the options are the interface
    raw: Raw,
    out: Out,
    points: Points = 2048,
    dtype: Dtype = "int16",
    step: Step = 2**-11,
    focal: Focal = 280.0,
    unit: Unit = 0.001,
    jobs: Jobs = 0,
    skip_bad: SkipBad = False,
    limit: Limit = None,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """MSRAction-3D: aAA_sSS_eEE_sdepth.bin, as published."""
    from pcv.data.raw.msr import MsrAction3d

    reader = MsrAction3d(focal=focal, unit=unit)
    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    convert(reader, raw, out, storage | work, json)


@prepare_app.command(epilog="Example: pcv prepare utd UTD-MHAD/Depth stores/utd")
def utd(  # noqa: PLR0913 - the options are the interface
    raw: Raw,
    out: Out,
    points: Points = 2048,
    dtype: Dtype = "int16",
    step: Step = 2**-11,
    focal: Focal = 285.63,
    unit: Unit = 0.001,
    jobs: Jobs = 0,
    skip_bad: SkipBad = False,
    limit: Limit = None,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """UTD-MHAD: aA_sS_tT_depth.mat, as published."""
    from pcv.data.raw.utd import UtdMhad

    reader = UtdMhad(focal=focal, unit=unit)
    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    convert(reader, raw, out, storage | work, json)


@prepare_app.command(epilog="Example: pcv prepare ntu nturgb+d_depth_masked stores/ntu --jobs 8")
def ntu(  # noqa: PLR0913 - the options are the interface
    raw: Raw,
    out: Out,
    classes: Annotated[int, typer.Option(help="60 or 120.")] = 60,
    split: Annotated[
        str, typer.Option(help="cross-subject, cross-view (60) or cross-setup (120).")
    ] = "cross-subject",
    points: Points = 2048,
    dtype: Dtype = "int16",
    step: Step = 2**-11,
    focal: Focal = 280.0,
    unit: Unit = 0.001,
    jobs: Jobs = 0,
    skip_bad: SkipBad = False,
    limit: Limit = None,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """NTU RGB+D 60 and 120: masked depth, a folder SsssCcccPpppRrrrAaaa of PNG each."""
    from pcv.data.raw.ntu import NtuRgbd

    reader = NtuRgbd(classes=classes, split=split, focal=focal, unit=unit)
    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    convert(reader, raw, out, storage | work, json)


@prepare_app.command(epilog="Example: pcv prepare shrec HandGestureDataset_SHREC2017 stores/shrec")
def shrec(  # noqa: PLR0913 - the options are the interface
    raw: Raw,
    out: Out,
    classes: Annotated[int, typer.Option(help="14 or 28.")] = 14,
    frames: Frames = 32,
    points: Points = 1024,
    dtype: Dtype = "int16",
    step: Step = 2**-11,
    unit: Unit = 0.001,
    jobs: Jobs = 0,
    skip_bad: SkipBad = False,
    limit: Limit = None,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """SHREC'17 hand gestures: N_depth.png and the lists train_gestures.txt, test_gestures.txt."""
    from pcv.data.raw.shrec import Shrec17

    reader = Shrec17(classes=classes, frames=frames, unit=unit)
    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    convert(reader, raw, out, storage | work, json)


@prepare_app.command(epilog="Example: pcv prepare nvgesture NvGesture stores/nvgesture")
def nvgesture(  # noqa: PLR0913 - the options are the interface
    raw: Raw,
    out: Out,
    frames: Frames = 32,
    points: Points = 1024,
    dtype: Dtype = "int16",
    step: Step = 2**-11,
    unit: Annotated[float, typer.Option(min=1e-9, help="Metres a level of depth.")] = 0.004,
    jobs: Jobs = 0,
    skip_bad: SkipBad = False,
    limit: Limit = None,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """NvGesture: sk_depth.avi and the official lists. Needs PyAV (extra video)."""
    from pcv.data.raw.nvgesture import NvGesture

    reader = NvGesture(frames=frames, unit=unit)
    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    convert(reader, raw, out, storage | work, json)
