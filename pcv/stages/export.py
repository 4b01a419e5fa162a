"""``pcv export``: a trained model as a folder for a model hub, and as a traced program."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from pcv.clip import Superpoints
from pcv.errors import InputError, PcvError, one_line
from pcv.report.model_card import About, Edition, measured, model_card
from pcv.stages.pretrained import Pretrained, from_pretrained
from pcv.stages.tasks import task_of
from pcv.train.exported import CONFIG, WEIGHTS, is_exported, write_weights
from pcv.train.run import RunFolder
from pcv.whole import vacant, whole_folder

PROGRAM, CARD = "model.pt2", "README.md"
TRIED = (1, 3)  # numbers of clips for which the loaded program is compared with the model
UNTRACED = "torch.export cannot trace this encoder, whose steps depend on the points it reads"


class Export(NamedTuple):
    """The choices of an export."""

    checkpoint: str = "last"
    store: Path | None = None  # where the run's store is now; None: where it was
    licence: str = "other"  # of the weights
    program: bool = True  # whether the model is also traced


DEFAULT = Export()


def export(run: Path, out: Path, wanted: Export = DEFAULT) -> dict[str, Any]:
    """Write a folder that ``pcv.from_pretrained`` and ``--from`` read, as a whole or not at all.

    Args:
        run: The run folder of ``pcv pretrain``, whose encoder alone is exported, or of
            ``pcv finetune``.
        out: A new or empty folder.
        wanted: The choices.

    Returns:
        JSON-able: the folder, its files with their sizes in bytes, the task, the number of
        parameters, the scores, and why there is no program if none can be traced.

    Raises:
        InputError: It is not a run, its store is missing, or ``out`` is not empty.
        PcvError: The program cannot be traced or differs from the model, or the disk is full.
    """
    if is_exported(run):
        raise InputError(f"{run}: is already an exported folder; copy it")
    if not vacant(out):
        raise InputError(f"{out}: not empty; give a new or empty folder")
    model = from_pretrained(run, checkpoint=wanted.checkpoint, store=wanted.store)
    if model.config.storage is None:
        raise InputError(
            f"{run}: the store it was trained on, which says how recordings become points, is not "
            "there; give --store DIR"
        )
    out = out.absolute()
    try:
        with whole_folder(out, synced=True) as partial:
            _write(model, partial, out.name, wanted)
            files = {file.name: file.stat().st_size for file in sorted(partial.iterdir())}
    except OSError as error:
        where = error.filename or out
        raise PcvError(f"{where}: cannot be written: {error.strerror or error}") from None
    result = RunFolder(run).result()
    return {
        "out": str(out),
        "task": model.config.task,
        "checkpoint": wanted.checkpoint,
        "parameters": sum(p.numel() for p in model.parameters()),
        "scores": measured(result, wanted.checkpoint) if result else {},
        "files": files,
        **({"no_program": UNTRACED} if wanted.program and not model.encoder.traceable else {}),
    }


def _write(model: Pretrained, folder: Path, name: str, wanted: Export) -> None:
    weights = {key: value.contiguous().clone() for key, value in model.weights().items()}
    write_weights(folder / WEIGHTS, weights)
    config = model.config.model_dump(mode="json")
    (folder / CONFIG).write_text(json.dumps(config, indent=1, allow_nan=False) + "\n")
    program = wanted.program and model.encoder.traceable
    if program:
        write_program(model, folder / PROGRAM)
    why = "" if model.encoder.traceable else f"There is no `{PROGRAM}`: {UNTRACED}."
    edition = Edition(name, wanted.licence, wanted.checkpoint, program, why)
    result = RunFolder(model.origin).result()
    card = model_card(model.config, model.recipe, result, edition, _about(model))
    (folder / CARD).write_text(card, encoding="utf-8")


def _about(model: Pretrained) -> About:
    """Return what the card says of the model's task, or of an encoder that was only pretrained."""
    scenes = model.config.scenes
    if not model.pretrained_only:
        return task_of(model.recipe).about(scenes=scenes)
    what, clips = ("the points of rooms", "regions, 1, {points}") if scenes else (
        "point cloud videos", "clips, frames, anchors"
    )  # fmt: skip
    each = ", one per point" if scenes else ""
    return About(
        pipeline="feature-extraction",
        does=f"turns {what} into features; it was pretrained without labels",
        returns=f"superpoints{each}: `feature` ({clips}, channels) and `position`",
        command="pcv finetune RECIPE --from {name}",
    )


class _Plain(nn.Module):
    """The model with plain tensors as output: a traced program does not know pcv's types."""

    def __init__(self, model: Pretrained) -> None:
        super().__init__()
        self.model = model

    def forward(self, points: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        found = self.model(points)
        return (found.feature, found.position) if isinstance(found, Superpoints) else found


def write_program(model: Pretrained, path: Path) -> None:
    """Trace a model for any number of clips, and check that the written program does the same.

    Args:
        model: The model, in eval mode and on the CPU.
        path: The path of the ``.pt2`` file, which ``torch.export.load`` can read after pcv's
            operators are imported (``import pcv.ops``).

    Raises:
        PcvError: The model cannot be traced, or the loaded program returns something else.
    """
    plain, generator = _Plain(model), torch.Generator().manual_seed(0)
    shape = (model.frames, model.recipe.data.points, 3 + 3 * len(model.channels))
    clips = [torch.rand(count, *shape, generator=generator) for count in (2, *TRIED)]
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # torch warns of its own future changes
            batch = {0: torch.export.Dim("batch")}
            traced = torch.export.export(plain, (clips[0],), dynamic_shapes={"points": batch})
            torch.export.save(traced, path)
            loaded = torch.export.load(path).module()
            pairs = [(plain(points), loaded(points)) for points in clips]
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        reason = one_line(error, 200)
        raise PcvError(
            f"{model.origin}: cannot be traced: {reason}; --no-program exports the weights alone"
        ) from None
    for ours, theirs in pairs:
        ours, theirs = (x if isinstance(x, tuple) else (x,) for x in (ours, theirs))
        if not all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True)):
            raise PcvError(f"{model.origin}: the traced program returns something else")
