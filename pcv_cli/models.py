"""The commands that use trained models: predict and export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pcv_cli import console, show
from pcv_cli.options import Json, SkipBad

PREDICT_EXAMPLE = (
    "Example: pcv predict runs/msr-finetune-seed0 Depth/a01_s02_e01_sdepth.bin, or for rooms: "
    "pcv predict runs/scannet-finetune_pointcsp-seed0 office.ply --out labels"
)
EXPORT_EXAMPLE = "Example: pcv export runs/msr-finetune-seed0 models/msr"

Checkpoint = Annotated[
    str, typer.Option("--checkpoint", help="Checkpoint of a run folder: last or best.")
]
TrainedOn = Annotated[
    Path | None,
    typer.Option("--store", metavar="DIR", help="Store that the run was trained on, if it moved."),
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
            help="Folder of PLY files, one per frame or room, if the run labels points.",
        ),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="Format of the inputs, named as in pcv prepare, or store; default: recognised by "
            "the names of files."
        ),
    ] = None,
    read: Annotated[
        list[str] | None,
        typer.Option(
            "--read",
            metavar="KEY=VALUE",
            help="Option of the reader, such as unit=0.001 or up=y (for a room's clouds the "
            "default is z); repeatable.",
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Classes to list per recording.")] = 3,
    which: Checkpoint = "last",
    store: TrainedOn = None,
    skip_bad: SkipBad = False,
    json: Json = False,
) -> None:
    """Predict the class of each recording, or of every point of recordings or rooms."""
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
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New or empty folder to write to.")],
    which: Checkpoint = "last",
    store: TrainedOn = None,
    licence: Annotated[
        str, typer.Option("--license", help="Licence of the weights, for the model card.")
    ] = "other",
    program: Annotated[
        bool,
        typer.Option("--program/--no-program", help="Whether to trace the model to model.pt2."),
    ] = True,
    json: Json = False,
) -> None:
    """Write a folder for a model hub (weights, config, card), with a torch.export program."""
    from pcv.stages.export import Export
    from pcv.stages.export import export as write

    written = write(checkpoint, out, Export(which, store, licence, program))
    show.exported(written, json)
