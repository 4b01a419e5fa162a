"""Commands that use trained models: predict and export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pcv_cli import console, show
from pcv_cli.options import Json, SkipBad

PREDICT_EXAMPLE = (
    "Example: pcv predict runs/msr-finetune-seed0 Depth/a01_s02_e01_sdepth.bin, or of rooms: "
    "pcv predict runs/scannet-finetune_pointcsp-seed0 office.ply --out labels"
)
EXPORT_EXAMPLE = "Example: pcv export runs/msr-finetune-seed0 models/msr"

Checkpoint = Annotated[str, typer.Option("--checkpoint", help="Of a run: last or best.")]
TrainedOn = Annotated[
    Path | None,
    typer.Option("--store", metavar="DIR", help="Store of the run, where it has moved."),
]


def predict(  # noqa: PLR0913 - the options are the interface
    checkpoint: Annotated[
        Path,
        typer.Argument(metavar="CHECKPOINT", help="A finetuned run folder, or an exported one."),
    ],
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT...", help="Recordings or rooms, folders of them, or stores."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Of PLY files, where points are labelled: one a frame, or a room.",
        ),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(help="As named in pcv prepare, or store; default: told by the names."),
    ] = None,
    read: Annotated[
        list[str] | None,
        typer.Option(
            "--read",
            metavar="KEY=VALUE",
            help="Of the reader, such as unit=0.001 or up=y (a room's clouds: z); repeatable.",
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Classes listed of a recording.")] = 3,
    which: Checkpoint = "last",
    store: TrainedOn = None,
    skip_bad: SkipBad = False,
    json: Json = False,
) -> None:
    """Tell the class of recordings, or of every point of them or of rooms, with scores."""
    from pcv.stages.predict import Reading, Wanted
    from pcv.stages.predict import predict as run

    with console.progress("predict") as progress:
        found = run(
            checkpoint,
            inputs,
            wanted=Wanted(out, top, which, store),
            reading=Reading(format, tuple(read or ()), skip_bad),
            progress=progress,
        )
    show.predictions(found, json)
    if found["skipped"]:
        raise typer.Exit(1)


def export(  # noqa: PLR0913 - the options are the interface
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="A run folder of pretrain or finetune.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New or empty folder.")],
    which: Checkpoint = "last",
    store: TrainedOn = None,
    licence: Annotated[
        str, typer.Option("--license", help="Of the weights, for the model card.")
    ] = "other",
    program: Annotated[
        bool, typer.Option("--program/--no-program", help="Also trace it to model.pt2.")
    ] = True,
    json: Json = False,
) -> None:
    """Write a model hub folder (safetensors, config, card) and a torch.export program."""
    from pcv.stages.export import Export
    from pcv.stages.export import export as write

    written = write(checkpoint, out, Export(which, store, licence, program))
    show.exported(written, json)
