"""Labelled sequences of streets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pcv.errors import InputError
from pcv_cli.options import Dtype, Jobs, Json, Limit, Out, Points, Raw, Scheduler, SkipBad, Step
from pcv_cli.prepare.convert import convert, prepare_app

Sequences = Annotated[
    str, typer.Option(metavar="08,10", help="Instead of the published split; others train.")
]
Conditions = Annotated[
    str, typer.Option(metavar="05-FOG", help="Instead of the published split; others train.")
]


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
    convert(reader, raw, out, storage | work, json)


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
    convert(reader, raw, out, storage | work, json)


def _numbers(option: str, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in text.split(",") if word)
    except ValueError:
        raise InputError(f"{option} {text}: expected sequence numbers such as 08,10") from None
