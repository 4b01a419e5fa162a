"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

RecipeFile = Annotated[
    Path, typer.Argument(metavar="RECIPE", help="YAML file, such as recipes/msr.yaml.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value of the recipe; repeatable."),
]
StoreOption = Annotated[
    Path | None,
    typer.Option("--store", metavar="DIR", help="Clip store; default: the recipe's `store`."),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Run folder; default: runs/RECIPE-seedN."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")]
Seeds = Annotated[
    str | None,
    typer.Option("--seeds", metavar="0,1,2", help="Run one seed after another, into OUT-seedN."),
]
Folds = Annotated[
    str | None,
    typer.Option(
        "--folds",
        metavar="0,1|all",
        help="Cross-validate: hold train.validation_subjects training subjects out in turn and "
        "score them, into OUT-foldN; test videos stay unseen.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Start = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="RUN",
        help="Pretrained run to start from; {seed} and {fold} in it stand for the run's own. "
        "Without it: random weights.",
    ),
]
Raw = Annotated[Path, typer.Argument(metavar="RAW", help="Folder of raw recordings.")]
Out = Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write the store to.")]
Points = Annotated[int, typer.Option(min=1, help="Points stored per frame.")]
MostPoints = Annotated[
    int, typer.Option(min=1, help="The most points a room may have; all are kept.")
]
Dtype = Annotated[
    str, typer.Option(help="int16 (with an error of half a step at most) or float32.")
]
Step = Annotated[
    float,
    typer.Option(
        min=1e-6, help="For int16: metres per step; a power of two keeps distances exact."
    ),
]
Jobs = Annotated[int, typer.Option(min=0, help="Processes; 0: one per core.")]
SkipBad = Annotated[
    bool,
    typer.Option("--skip-bad", help="Leave out what cannot be read, list it, and exit with 1."),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Take only the first so many recordings.")]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Address of a Dask scheduler, such as tcp://host:8786."),
]
