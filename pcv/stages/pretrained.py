"""Trained models back from where they were kept: run folders and exported folders."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from pcv import __version__
from pcv.clip import Superpoints
from pcv.config import P4TransformerConfig, Recipe, SerialConfig
from pcv.data.store import Store, open_store
from pcv.encoders import build_encoder
from pcv.encoders.encoder import Encoder
from pcv.errors import CheckpointError, InputError
from pcv.objectives import Classify, Segment, build_objective
from pcv.stages.evaluate import read_run
from pcv.stages.scoring import class_names
from pcv.train.checkpoint import (
    ENCODER,
    check_fit,
    load_encoder,
    load_objective,
    load_strictly,
)
from pcv.train.exported import ModelConfig, StorageConfig, Task, is_exported, read_exported
from pcv.train.run import RunFolder

CHECKPOINTS = ("last", "best")


class Pretrained(nn.Module):
    """A trained model with what it must be told to be used.

    Attributes:
        body: The encoder with its classifier; of pretraining the encoder alone.
        config: Classes, and how recordings become points.
        recipe: Of the run: ``recipe.data`` says how points become clips.
        origin: Folder it was read from.
    """

    def __init__(
        self, body: Classify | Segment | Encoder, config: ModelConfig, recipe: Recipe, origin: Path
    ) -> None:
        super().__init__()
        self.body = body
        self.config, self.recipe, self.origin = config, recipe, origin

    @property
    def encoder(self) -> Encoder:
        """The encoder: clips (B, T, N, 3) to superpoints."""
        return self.body if isinstance(self.body, Encoder) else self.body.encoder

    @property
    def frames(self) -> int:
        """Frames of a clip; of pretraining, frames of the segments that are encoded one by one."""
        encodes = self.config.task == "encode"
        segment = getattr(self.recipe.objective, "segment_frames", 0) if encodes else 0
        return segment or self.recipe.data.frames

    def forward(self, points: Tensor) -> Tensor | Superpoints:
        """Return logits of clips (B, classes), of points (B, T, N, classes), or superpoints.

        Args:
            points: (B, T, N, 3) float32, centred and scaled as ``recipe.data`` says, every frame
                in farthest-point order; with colours from 0 to 1 appended, (B, T, N, 6), where
                ``encoder.colour``.
        """
        if isinstance(self.body, Classify):
            return self.body.logits(points)
        if isinstance(self.body, Segment):
            return self.body.scores(points)
        return self.body(points)

    def weights(self) -> dict[str, Tensor]:
        """Return all weights; names of the encoder's begin with ``encoder.``."""
        found = self.body.state_dict()
        return {ENCODER + k: v for k, v in found.items()} if self.body is self.encoder else found


def from_pretrained(
    path: Path, *, checkpoint: str = "last", store: Path | None = None
) -> Pretrained:
    """Load a run folder or an exported folder, strictly; in eval mode, on the CPU.

    Args:
        path: Folder.
        checkpoint: Of a run: last or best.
        store: Of a run: the store it was trained on, where that has moved.

    Raises:
        InputError: Neither kind of folder, a file of it is missing, damaged or hostile, or its
            weights are not those that its configuration describes.
    """
    if is_exported(path):
        if checkpoint != "last" or store is not None:
            raise InputError(f"{path}: exported; --checkpoint and --store are for run folders")
        return _load_exported(path)
    if checkpoint not in CHECKPOINTS:
        raise InputError(f"--checkpoint {checkpoint}: choose {' or '.join(CHECKPOINTS)}")
    if not (path / "recipe.yaml").is_file():
        raise InputError(
            f"{path}: neither a run folder (recipe.yaml) nor an exported one (config.json)"
        )
    return _load_run(path, checkpoint, store)


def _load_exported(path: Path) -> Pretrained:
    config, recipe, weights = read_exported(path)
    depth = recipe.encoder.depth if isinstance(recipe.encoder, P4TransformerConfig) else 0
    if (depth or 0) > len(weights):
        raise CheckpointError(f"{path}: {len(weights)} weights cannot be {depth} blocks")
    if config.task == "encode":
        weights = {name.removeprefix(ENCODER): value for name, value in weights.items()}
    _check_values(weights, path)
    # Shapes first: a configuration alone must not fill the memory.
    with torch.device("meta"):
        check_fit(_build(config.task, recipe, len(config.class_names), path), weights, path)
    with torch.random.fork_rng(devices=[]):
        body = _build(config.task, recipe, len(config.class_names), path)
    load_strictly(body, weights, path)
    return Pretrained(body, config, recipe, path).eval()


def _load_run(path: Path, checkpoint: str, store: Path | None) -> Pretrained:
    recipe, stored = read_run(path)
    if recipe.stage == "probe":
        raise InputError(f"{path}: a run of pcv probe holds no model; give the run it probed")
    opened = open_store(store or stored) if store or stored.is_dir() else None
    config = _describe(path, recipe, opened)
    folder = RunFolder(path).last if checkpoint == "last" else RunFolder(path).best
    with torch.random.fork_rng(devices=[]):
        body = _build(config.task, recipe, len(config.class_names), path)
    if isinstance(body, Encoder):
        load_strictly(body, load_encoder(folder)[1], folder)
    else:
        load_objective(folder, body)
    return Pretrained(body, config, recipe, path).eval()


def _describe(path: Path, recipe: Recipe, store: Store | None) -> ModelConfig:
    result = RunFolder(path).result()
    if store is None and result is None:
        raise InputError(f"{path}: unfinished, and its store is not there; give --store DIR")
    task: Task = "encode" if recipe.stage == "pretrain" else _task(recipe)
    if store is None:
        assert result is not None
        names = result.class_names
        return _config(task, result.dataset, names, recipe)
    found = store.attributes
    names = [] if task == "encode" else class_names(store, recipe)
    if result and task != "encode" and result.class_names != names:
        raise InputError(f"{store.path}: its classes are not those that {path} was trained on")
    return _config(task, store.dataset, names, recipe).model_copy(
        update={
            "axes": found["axes"],
            "scenes": store.ordered is not None,
            "storage": StorageConfig(**{k: found[k] for k in StorageConfig.model_fields}),
            "reader": found["reader"],
        }
    )


def _task(recipe: Recipe) -> Task:
    return "segment" if recipe.objective.name == "segment" else "classify"


def _config(task: Task, dataset: str, names: list[str], recipe: Recipe) -> ModelConfig:
    tree = recipe.model_dump(mode="json") | {"store": None}  # a place on one machine
    return ModelConfig(
        pcv_version=__version__,
        task=task,
        dataset=dataset,
        class_names=() if task == "encode" else tuple(names),
        recipe=tree,
    )


def _build(task: Task, recipe: Recipe, classes: int, origin: Path) -> Classify | Segment | Encoder:
    if isinstance(recipe.encoder, SerialConfig):
        raise CheckpointError(
            f"{origin}: its encoder reads scenes, which only pcv finetune, probe and eval take"
        )
    if task != "encode" and task != _task(recipe):
        raise CheckpointError(f"{origin}: task {task}, but its recipe trains {_task(recipe)}")
    try:
        encoder = build_encoder(recipe.encoder)
        if task == "encode":
            return encoder
        found = build_objective(recipe, encoder, classes=classes)
    except (ValueError, RuntimeError, TypeError, OverflowError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"{origin}: no model can be built of its recipe: {reason}") from None
    if not isinstance(found, Classify | Segment):
        raise CheckpointError(f"{origin}: task {task}, but its recipe is for pretraining")
    return found


def _check_values(weights: dict[str, Tensor], origin: Path) -> None:
    """Refuse what training never writes: other types, and values that are not finite."""
    for name, value in weights.items():
        wanted = torch.int64 if name.endswith("num_batches_tracked") else torch.float32
        if value.dtype != wanted:
            raise CheckpointError(f"{origin}: {name} holds {value.dtype}, expected {wanted}")
        if not bool(torch.isfinite(value).all()):
            raise CheckpointError(f"{origin}: {name} holds values that are not finite")
