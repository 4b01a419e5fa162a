"""Trained models back from where they were kept: run folders and exported folders."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from pcv import __version__
from pcv.clip import Superpoints
from pcv.config.encoder import SerialConfig, SparseUNetConfig
from pcv.config.recipe import Recipe
from pcv.data.store.store import Store, open_store
from pcv.encoders import SceneEncoder, build_encoder
from pcv.encoders.encoder import Encoder
from pcv.encoders.inputs import batch_of
from pcv.errors import CheckpointError, InputError
from pcv.objectives import (
    Classify,
    SceneInstances,
    SceneSegment,
    Segment,
    Supervised,
    build_objective,
)
from pcv.stages.channels import COLUMNS
from pcv.stages.job import read_run
from pcv.stages.scoring.score import class_names
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
TASKS: dict[str, Task] = {  # of objectives; of all others it is to classify
    "segment": "segment", "scene_segment": "segment", "scene_instances": "instances",
}  # fmt: skip
Body = Supervised | Encoder


class Pretrained(nn.Module):
    """A trained model with what it must be told to be used.

    Attributes:
        body: The encoder with its classifier; of pretraining the encoder alone.
        config: Classes, and how recordings become points.
        recipe: Of the run: ``recipe.data`` says how points become clips.
        origin: Folder it was read from.
    """

    def __init__(self, body: Body, config: ModelConfig, recipe: Recipe, origin: Path) -> None:
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

    @property
    def channels(self) -> tuple[str, ...]:
        """What is read of a point after its place: colour, normal."""
        if isinstance(self.encoder, SceneEncoder):
            return tuple(name for name in self.encoder.config.inputs if name != "xyz")
        return ("colour",) if self.encoder.colour else ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of a store that are read."""
        return tuple(COLUMNS[name] for name in self.channels)

    def forward(self, points: Tensor) -> Tensor | tuple[Tensor, Tensor] | Superpoints:
        """Return logits of clips (B, classes), of points (B, T, N, classes), or superpoints.

        Where objects are told, the offset of every point to the middle of its own follows its
        logits; an encoder of scenes makes a superpoint of every point.

        Args:
            points: (B, T, N, 3) float32, centred and scaled as ``recipe.data`` says, every frame
                in farthest-point order; what ``channels`` names is appended: colours from 0 to 1,
                unit normals.
        """
        if isinstance(self.encoder, SceneEncoder):
            batch = batch_of(points, self.channels)
            if isinstance(self.body, SceneSegment):
                return self.body.scores(batch)
            if isinstance(self.body, SceneInstances):
                return self.body.predict(batch)
            return Superpoints(self.encoder.point_features(batch), batch.points)
        if isinstance(self.body, Classify):
            return self.body.logits(points)
        if isinstance(self.body, Segment):
            return self.body.scores(points)
        assert isinstance(self.body, Encoder)
        found: Superpoints = self.body(points)
        return found

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
    blocks = _blocks(recipe)
    if blocks > len(weights):
        raise CheckpointError(f"{path}: {len(weights)} weights cannot be {blocks} blocks")
    _check_scenes(config, recipe, path)
    if config.task == "encode":
        weights = {name.removeprefix(ENCODER): value for name, value in weights.items()}
    _check_values(weights, path)
    # Shapes first: a configuration alone must not fill the memory.
    with torch.device("meta"):
        check_fit(_used(_build(config.task, recipe, len(config.class_names), path)), weights, path)
    with torch.random.fork_rng(devices=[]):
        body = _used(_build(config.task, recipe, len(config.class_names), path))
    load_strictly(body, weights, path)
    return Pretrained(body, config, recipe, path).eval()


def _check_scenes(config: ModelConfig, recipe: Recipe, origin: Path) -> None:
    """Refuse a configuration whose recordings are not what its encoder reads."""
    alone = isinstance(recipe.encoder, SerialConfig | SparseUNetConfig)
    if (alone and not config.scenes) or (config.scenes and config.task == "classify"):
        kind = "scenes" if config.scenes else "recordings"
        raise CheckpointError(
            f"{origin}: scenes {str(config.scenes).lower()}, but encoder {recipe.encoder.name} "
            f"with task {config.task} does not go with {kind}"
        )


def _blocks(recipe: Recipe) -> int:
    """How many blocks a recipe's encoder repeats, each of some weights."""
    encoder = recipe.encoder
    alike = sum(getattr(encoder, name, 0) or 0 for name in ("depth", "stem_blocks"))
    return int(alike + sum(getattr(encoder, "blocks", ())))


def _used(body: Body) -> Body:
    """Leave what a trained model is used with."""
    if isinstance(body, SceneSegment):
        body.forget_training()
    return body


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
    return Pretrained(_used(body), config, recipe, path).eval()


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
    held_out = {"held_out": found["views"]["held_out"]} if "views" in found else {}
    names = [] if task == "encode" else class_names(store, recipe)
    if result and task != "encode" and result.class_names != names:
        raise InputError(f"{store.path}: its classes are not those that {path} was trained on")
    return _config(task, store.dataset, names, recipe).model_copy(
        update={
            "axes": found["axes"],
            "scenes": store.ordered is not None,
            "storage": StorageConfig(**{k: found[k] for k in StorageConfig.model_fields}),
            "reader": found["reader"] | held_out,
        }
    )


def _task(recipe: Recipe) -> Task:
    return TASKS.get(recipe.objective.name, "classify")


def _config(task: Task, dataset: str, names: list[str], recipe: Recipe) -> ModelConfig:
    tree = recipe.model_dump(mode="json") | {"store": None}  # a place on one machine
    return ModelConfig(
        pcv_version=__version__,
        task=task,
        dataset=dataset,
        class_names=() if task == "encode" else tuple(names),
        scenes=isinstance(recipe.encoder, SerialConfig | SparseUNetConfig),
        recipe=tree,
    )


def _build(task: Task, recipe: Recipe, classes: int, origin: Path) -> Body:
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
    if not isinstance(found, Supervised):
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
