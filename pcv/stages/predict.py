"""``pcv predict``: classes of recordings, of all their points, or of all points of rooms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pcv.clip import Progress, silent
from pcv.data.dataset import ClipDataset, evaluation_batches
from pcv.data.files.labelled_ply import folder_of
from pcv.data.windows import clip_span
from pcv.errors import InputError, PcvError
from pcv.evaluate.videos import score_clips
from pcv.objectives import Classify
from pcv.stages.prediction.inputs import Found, Reading, Recording, find_recordings
from pcv.stages.prediction.point_labels import label_recording
from pcv.stages.prediction.room_labels import label_room
from pcv.stages.pretrained import Pretrained, from_pretrained
from pcv.train.device import device

BATCH = 32  # clips of one recording


class Wanted(NamedTuple):
    """What is to be predicted, and where it goes."""

    out: Path | None = None  # of labelled points
    top: int = 3  # classes listed of a recording
    checkpoint: str = "last"
    store: Path | None = None  # the run's, where it has moved


WANTED, READING = Wanted(), Reading()


def predict(
    run: Path,
    inputs: list[Path],
    *,
    wanted: Wanted = WANTED,
    reading: Reading = READING,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Tell the classes of recordings; points of a recording equal those that a store of it has.

    Args:
        run: Run folder of ``pcv finetune``, or what ``pcv export`` wrote of one.
        inputs: Recordings, folders of recordings, or stores; of a run on scenes rooms, where a
            cloud file is a room.
        wanted: Output.
        reading: How inputs are read.
        progress: Called after each recording.

    Returns:
        JSON-able: ``recordings``, each with label, score and top (scores are softmax, averaged over
        clips) or, where points are labelled, with points_a_class and, of a model that tells
        objects, ``objects``; ``inputs`` and ``skipped``.

    Raises:
        InputError: No finetuned model, or an unusable input.
        PcvError: The output cannot be written.
    """
    model = from_pretrained(run, checkpoint=wanted.checkpoint, store=wanted.store)
    if model.config.task == "encode":
        raise InputError(f"{run}: was pretrained only and knows no classes; pcv finetune it first")
    out = _check_out(model, wanted.out)
    found = find_recordings(model, inputs, reading)
    model.to(device())
    work = _pointwise(model, out, found.recordings) if out else _clipwise(model, wanted.top)
    rows = _each(found, work, reading.skip_bad, progress or silent)
    return {
        "checkpoint": str(run),
        "task": model.config.task,
        "dataset": model.config.dataset,
        "inputs": found.told,
        "recordings": rows,
        "skipped": [str(error) for error in found.bad],
    }


Work = Callable[[Recording, Callable[[int, int], None]], dict[str, Any]]


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
    if model.config.task == "classify":
        if out:
            raise InputError(f"--out {out}: {model.origin} labels no points; --json prints all")
        return None
    if out is None:
        raise InputError(f"{model.origin}: labels every point; give --out DIR for the PLY files")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: not empty; give a new or empty folder with --out")
    return out


def _clipwise(model: Pretrained, top: int) -> Work:
    body, names = model.body, model.config.class_names
    assert isinstance(body, Classify)
    # A padded clip is all there is to say of a short recording, whatever training did.
    data = model.recipe.data.model_copy(update={"short": "pad"})

    def work(recording: Recording, advance: Callable[[int, int], None]) -> dict[str, Any]:
        store, row = recording.open()
        clips = ClipDataset(store, [row], data, cache=False)
        scored = score_clips(body, evaluation_batches(clips, batch=BATCH), body.scores)
        share = scored.score[0] / len(clips)
        best = [(names[i], float(share[i])) for i in np.argsort(-share, kind="stable")[:top]]
        length = int(store.videos.length[row])
        return {
            "frames": length,
            "clips": len(clips),
            "padded": length < clip_span(data.frames, data.interval),
            "label": best[0][0],
            "score": best[0][1],
            "top": [{"label": label, "score": value} for label, value in best],
        }

    return work


def _pointwise(model: Pretrained, out: Path, recordings: list[Recording]) -> Work:
    scenes = model.config.scenes
    folders = {recording.name: folder_of(out, recording.name) for recording in recordings}
    if len(folders) < len(recordings):
        names = [recording.name for recording in recordings]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two recordings are named {twice}; label them into separate folders")

    def work(recording: Recording, advance: Callable[[int, int], None]) -> dict[str, Any]:
        store, row = recording.open()
        try:
            place = folders[recording.name]
            if scenes:
                place = place.with_name(f"{place.name}.ply")
            return (label_room if scenes else label_recording)(model, store, row, place, advance)
        except OSError as error:
            where = error.filename or out
            raise PcvError(f"{where}: cannot be written: {error.strerror}") from None

    return work


__all__ = ["Reading", "Wanted", "predict"]
