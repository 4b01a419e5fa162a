"""``pcv prepare DATASET RAW OUT``: one command a dataset, since each has its own camera."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pcv.errors import InputError
from pcv_cli import console, show
from pcv_cli.options import (
    Dtype,
    Jobs,
    Json,
    Limit,
    Out,
    Points,
    Raw,
    Scheduler,
    SkipBad,
    Step,
)

if TYPE_CHECKING:
    from pcv.data.raw import Reader
    from pcv.data.raw.cloud_files import DepthCamera

prepare_app = typer.Typer(
    name="prepare",
    help="Convert raw recordings to a store of Zarr clips.",
    epilog="Example: pcv prepare msr Depth stores/msr --jobs 8",
    no_args_is_help=True,
)
Focal = Annotated[float, typer.Option(min=1.0, help="Focal length, pixels.")]
Sequences = Annotated[
    str, typer.Option(metavar="08,10", help="Instead of the published split; others train.")
]
Conditions = Annotated[
    str, typer.Option(metavar="05-FOG", help="Instead of the published split; others train.")
]
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
    _prepare(reader, raw, out, storage | work, json)


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
    _prepare(reader, raw, out, storage | work, json)


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
    _prepare(reader, raw, out, storage | work, json)


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
    _prepare(reader, raw, out, storage | work, json)


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
    """NvGesture: sk_depth.avi and the official lists. Needs PyAV: pip install 'pcv[video]'."""
    from pcv.data.raw.nvgesture import NvGesture

    reader = NvGesture(frames=frames, unit=unit)
    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    _prepare(reader, raw, out, storage | work, json)


@prepare_app.command(epilog="Example: pcv prepare kitti dataset stores/kitti --world")
def kitti(  # noqa: PLR0913 - the options are the interface
    raw: Raw,
    out: Out,
    points: Points = 16384,
    dtype: Dtype = "int16",
    step: Step = 2**-8,
    labels: Annotated[
        Path | None, typer.Option(help="Label map in the keys of semantic-kitti.yaml.")
    ] = None,
    world: Annotated[bool, typer.Option("--world", help="Undo the motion, by poses.txt.")] = False,
    validation: Sequences = "",
    test: Sequences = "",
    jobs: Jobs = 0,
    skip_bad: SkipBad = False,
    limit: Limit = None,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """SemanticKITTI: sequences/NN with velodyne, labels, poses.txt and calib.txt."""
    from pcv.data.raw.kitti import DEFAULT_MAP, SemanticKitti

    chosen = (_numbers("--validation", validation), _numbers("--test", test))
    reader = SemanticKitti(labels or DEFAULT_MAP, world, *chosen)
    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    _prepare(reader, raw, out, storage | work, json)


@prepare_app.command(epilog="Example: pcv prepare synthia SYNTHIA stores/synthia")
def synthia(  # noqa: PLR0913 - the options are the interface
    raw: Raw,
    out: Out,
    points: Points = 16384,
    dtype: Dtype = "float32",
    step: Step = 2**-8,
    seed: Annotated[int, typer.Option(min=0, help="Of the random thinning.")] = 0,
    validation: Conditions = "",
    test: Conditions = "",
    jobs: Jobs = 0,
    skip_bad: SkipBad = False,
    limit: Limit = None,
    scheduler: Scheduler = None,
    json: Json = False,
) -> None:
    """SYNTHIA video sequences, raw or as MeteorNet's processed .npz files."""
    from pcv.data.raw.synthia import Synthia

    chosen = tuple(tuple(w for w in text.split(",") if w) for text in (validation, test))
    reader = Synthia(points, seed, *chosen)
    storage = {"points": points, "dtype": dtype, "step": step}
    work = {"jobs": jobs, "skip_bad": skip_bad, "limit": limit, "scheduler": scheduler}
    _prepare(reader, raw, out, storage | work, json)


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
    _prepare(reader, raw, out, storage | work, json, suggest=True)


def _camera(focal: str, centre: str) -> DepthCamera | None:
    from pcv.data.raw.cloud_files import DepthCamera

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


def _numbers(option: str, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in text.split(",") if word)
    except ValueError:
        raise InputError(f"{option} {text}: expected sequence numbers such as 08,10") from None


def _prepare(
    reader: Reader,
    raw: Path,
    out: Path,
    options: dict[str, object],
    as_json: bool,
    *,
    suggest: bool = False,
) -> None:
    from pcv.stages.data import prepare

    with console.progress(f"prepare {reader.dataset}") as progress:
        summary = prepare(reader, raw, out, options, progress=progress, suggest=suggest)
    show.prepared(summary, as_json)
    if summary.skipped:
        raise typer.Exit(1)
