"""The ``pcv`` command: most subcommands are a few lines around one function of ``pcv.stages``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pcv.version import __version__
from pcv_cli import border, console, models, show
from pcv_cli.options import (
    Folds,
    Json,
    OutOption,
    Overrides,
    RecipeFile,
    Resume,
    Seeds,
    Start,
    StoreOption,
)
from pcv_cli.prepare import prepare_app
from pcv_cli.runs import run_jobs

app = typer.Typer(
    name="pcv",
    help="Learn from point cloud videos without labels.",
    epilog="Example: pcv synth raw && pcv prepare msr raw store && "
    "pcv pretrain recipes/msr/pretrain_small.yaml --store store",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(prepare_app, name="prepare")


@app.callback(invoke_without_command=True)
def version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Print the whole trace of an unexpected error.")
    ] = False,
) -> None:
    """Learn from point cloud videos without labels."""
    border.traces.shown = debug
    if version:
        console.say(f"pcv {__version__}")
        raise typer.Exit


@app.command(epilog="Example: pcv synth raw --subjects 4 && pcv prepare msr raw store")
def synth(  # noqa: PLR0913 - the options are the interface
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write to.")],
    format: Annotated[str, typer.Option(help="Raw format, named as in pcv prepare.")] = "msr",
    actions: Annotated[
        int, typer.Option(min=2, max=20, help="Number of different actions of people.")
    ] = 12,
    subjects: Annotated[int, typer.Option(min=2, max=10, help="Number of people.")] = 10,
    trials: Annotated[
        int, typer.Option(min=1, max=99, help="Recordings per person and action.")
    ] = 2,
    sequences: Annotated[
        int, typer.Option(min=1, help="Sequences (kitti, synthia) or rooms (scannet, rgbd).")
    ] = 3,
    frames: Annotated[
        int, typer.Option(min=1, help="Frames per sequence (kitti, synthia) or room (rgbd).")
    ] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random numbers.")] = 0,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one per core.")] = 0,
) -> None:
    """Write raw recordings of synthetic people, streets or rooms, in a real dataset's format."""
    from pcv.stages.data import People, synthesise

    with console.progress("synth") as progress:
        count = synthesise(
            out,
            format,
            people=People(actions, subjects, trials, seed, sequences, frames),
            jobs=jobs,
            progress=progress,
        )
    console.say(f"{count} recordings in {out}")


@app.command(epilog="Example: pcv info store --verify")
def info(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="Clip store.")],
    verify: Annotated[bool, typer.Option("--verify", help="Recheck every checksum.")] = False,
    json: Json = False,
) -> None:
    """Show what a store holds: videos, classes, splits, frames, points and size.

    With --verify it also tells whether every checksum is right.
    """
    from pcv.stages.data import describe

    with console.progress("verify") as progress:
        facts = describe(store, verify=verify, progress=progress)
    console.print_json(facts) if json else show.facts(str(store), facts)
    if facts.get("problems"):
        raise typer.Exit(1)


@app.command(epilog="Example: pcv pretrain recipes/msr.yaml --store store --seeds 0,1,2")
def pretrain(  # noqa: PLR0913 - the options are the interface
    recipe: RecipeFile,
    store: StoreOption = None,
    out: OutOption = None,
    overrides: Overrides = None,
    seeds: Seeds = None,
    folds: Folds = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Pretrain an encoder without labels."""
    from pcv.stages.repeat import Again, Request
    from pcv.stages.training import pretrain as train

    request = Request(recipe, "pretrain", store, out, tuple(overrides or ()))
    run_jobs(train, request, Again(seeds, folds), json, resume=resume)


@app.command(epilog="Example: pcv finetune recipes/msr/finetune.yaml --from runs/msr-seed0")
def finetune(  # noqa: PLR0913 - the options are the interface
    recipe: RecipeFile,
    start: Start = None,
    store: StoreOption = None,
    out: OutOption = None,
    overrides: Overrides = None,
    seeds: Seeds = None,
    folds: Folds = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Train an encoder and a classifier with labels, from a pretrained run or from scratch."""
    from pcv.stages.repeat import Again, Request
    from pcv.stages.training import finetune as train

    request = Request(recipe, "finetune", store, out, tuple(overrides or ()), start)
    run_jobs(train, request, Again(seeds, folds), json, resume=resume)


@app.command(epilog="Example: pcv probe recipes/msr/probe.yaml --from runs/msr-seed0")
def probe(  # noqa: PLR0913 - the options are the interface
    recipe: RecipeFile,
    start: Start = None,
    store: StoreOption = None,
    out: OutOption = None,
    overrides: Overrides = None,
    seeds: Seeds = None,
    folds: Folds = None,
    json: Json = False,
) -> None:
    """Score a frozen encoder by a linear classifier and by nearest neighbours on its features."""
    from pcv.stages.probe import probe as run_probe
    from pcv.stages.repeat import Again, Request

    request = Request(recipe, "probe", store, out, tuple(overrides or ()), start)
    run_jobs(run_probe, request, Again(seeds, folds), json)


@app.command(name="eval", epilog="Example: pcv eval runs/msr-finetune-seed0 --split test --json")
def evaluate(  # noqa: PLR0913 - the options are the interface
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finetuned run folder.")],
    store: StoreOption = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    checkpoint: Annotated[str, typer.Option(help="last or best.")] = "last",
    others: Annotated[
        bool, typer.Option("--others", help="Also score each scene beside others in a batch.")
    ] = False,
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="eval.KEY=VALUE",
            help="Change one value of the recipe's section eval; repeatable.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Score a finetuned run: accuracy over videos or mIoU over points, overall and per class."""
    from pcv.stages.evaluate import evaluate as score

    with console.progress("eval") as progress:
        scores = score(
            run, store=store, split=split, checkpoint=checkpoint, others=others,
            overrides=tuple(overrides or ()), progress=progress,
        )  # fmt: skip
    console.print_json(scores) if json else show.scores(scores)


@app.command(
    epilog="Examples: pcv view runs/rgbd-pretrain_redkitchen_small-seed0 --out kitchen.png\n\n"
    "pcv view runs/scannet-finetune_pointcsp-seed0 --out rooms.png --views 2"
)
def view(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="Run of gaussiancross, or one finetuned on rooms."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.png", help="Picture to write.")],
    store: StoreOption = None,
    scene: Annotated[
        str | None,
        typer.Option(help="Name of a recording; default: the first with views, or the test rooms."),
    ] = None,
    views: Annotated[
        int, typer.Option(min=1, help="Largest number of views, or of rooms, to show.")
    ] = 4,
    json: Json = False,
) -> None:
    """Draw held-out views of a scene beside the real ones, or labelled rooms beside the truth.

    The picture shows colour, depth and features of views, or rooms as seen from above.
    """
    from pcv.stages.view import view as draw

    found = draw(run, out, store=store, scene=scene, views=views)
    console.print_json(found) if json else show.facts(f"view {run}", found)


@app.command(epilog="Example: pcv teach stores/rooms features/dinov2 --weights dinov2-base")
def teach(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="Store with posed images.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write the features to.")],
    weights: Annotated[
        Path, typer.Option(help="Local folder of a RADIO, DINOv2 or CLIP model (safetensors).")
    ],
    image: Annotated[
        tuple[int, int] | None,
        typer.Option(help="Rows and columns to shrink the views to; default: as stored."),
    ] = None,
) -> None:
    """Write a frozen 2D model's features of all posed images; needs the package transformers.

    If it is interrupted, the same command goes on with the views that are missing.
    """
    from pcv.stages.teach import teach as write

    with console.progress("teach", goes_on=True) as progress:
        count, shape = write(store, out, weights, image=image, progress=progress)
    console.say(f"{count} views, {' x '.join(map(str, shape))} each, in {out}")


app.command(epilog=models.PREDICT_EXAMPLE)(models.predict)
app.command(epilog=models.EXPORT_EXAMPLE)(models.export)


@app.command(epilog="Example: pcv report runs/* --out report")
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUNS...", help="Run folders.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder to also write a page with pictures to."),
    ] = None,
    pooled: Annotated[
        bool,
        typer.Option("--pooled", help="Add one score of all folds of train.test_subjects."),
    ] = False,
    json: Json = False,
) -> None:
    """Compare runs in a table; with --out also on a page, with curves and confusion matrices."""
    from pcv.stages.report import report as compare

    results, written = compare(runs, out, pooled=pooled)
    show.report(results, json)
    for path in written:
        console.note(f"wrote {path}")


@app.command(epilog="Example: pcv doctor --build")
def doctor(
    build: Annotated[bool, typer.Option("--build", help="Compile the CUDA kernels now.")] = False,
    json: Json = False,
) -> None:
    """Tell which versions, devices and kernels are used, and why."""
    from pcv.doctor import examine

    facts = examine(build=build)
    console.print_json(facts) if json else show.facts("doctor", facts)
    if not facts["ok"]:
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; whatever goes wrong becomes one line and an exit code."""
    border.run(app)
