"""``pcv predict``: the classes of recordings, of all their points, or of all points of rooms."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from pcv.errors import InputError
from pcv.progress import Progress, silent
from pcv.stages.prediction.inputs import Found, Reading, Recording, find_recordings
from pcv.stages.pretrained import Pretrained, from_pretrained
from pcv.stages.tasks import task_of
from pcv.stages.tasks.task import Work
from pcv.train.device import device
from pcv.whole import vacant


class Wanted(NamedTuple):
    """What is predicted, by which model, and where it is written."""

    out: Path | None = None  # the folder of labelled points
    top: int = 3  # classes that are listed per recording
    checkpoint: str = "last"
    store: Path | None = None  # where the run's store is now; None: where it was


WANTED, READING = Wanted(), Reading()


def predict(
    run: Path,
    inputs: list[Path],
    *,
    wanted: Wanted = WANTED,
    reading: Reading = READING,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Predict the classes of recordings, whose points become those that a store of them would have.

    Args:
        run: The run folder of ``pcv finetune``, or a folder that ``pcv export`` wrote of one.
        inputs: Recordings, folders of recordings, or stores. For a run on scenes they are rooms,
            and every cloud file is a room.
        wanted: What is predicted, and where it is written.
        reading: How the inputs are read.
        progress: Called after each part of a recording.

    Returns:
        JSON-able: ``recordings``, ``inputs`` and ``skipped``. A recording has label, score and top
        (scores are softmax, averaged over clips). If points are labelled, it has points_a_class
        instead, and ``objects`` if the model tells objects.

    Raises:
        InputError: The model was not finetuned, or an input cannot be used.
        PcvError: The output cannot be written.
    """
    model = from_pretrained(run, checkpoint=wanted.checkpoint, store=wanted.store)
    if model.config.task == "encode":
        raise InputError(f"{run}: was only pretrained and knows no classes; pcv finetune it first")
    out = _check_out(model, wanted.out)
    found = find_recordings(model, inputs, reading)
    model.to(device())
    work = task_of(model.recipe).worker(model, out, found.recordings, wanted.top)
    rows = _each(found, work, reading.skip_bad, progress or silent)
    return {
        "checkpoint": str(run),
        "task": model.config.task,
        "dataset": model.config.dataset,
        "inputs": found.told,
        "recordings": rows,
        "skipped": [str(error) for error in found.bad],
    }


def _each(found: Found, work: Work, skip_bad: bool, progress: Progress) -> list[dict[str, Any]]:
    rows, total = [], len(found.recordings)
    for done, recording in enumerate(found.recordings):

        def advance(part: int, parts: int, done: int = done, name: str = recording.name) -> None:
            progress(done, total, f"{name}, part {part} of {parts}")

        try:
            rows.append(_describe(recording) | work(recording, advance))
        except InputError as error:
            if not skip_bad:
                raise
            found.bad.append(error)
        progress(done + 1, total, recording.name)
    if not rows:
        raise found.bad[0]
    return rows


def _describe(recording: Recording) -> dict[str, Any]:
    return {
        "recording": recording.name,
        "path": str(recording.path),
        "format": recording.format,
    }


def _check_out(model: Pretrained, out: Path | None) -> Path | None:
    if not task_of(model.recipe).labels_points:
        if out:
            raise InputError(
                f"--out {out}: {model.origin} labels no points, so that no files are written; "
                "--json prints everything"
            )
        return None
    if out is None:
        raise InputError(f"{model.origin}: labels every point; give --out DIR for the PLY files")
    if not vacant(out):
        raise InputError(f"{out}: not empty; give a new or empty folder with --out")
    return out


__all__ = ["Reading", "Wanted", "predict"]
