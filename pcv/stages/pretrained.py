"""Trained models, loaded from run folders and exported folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pcv.clip import CHANNEL_COLUMNS, Superpoints
from pcv.config.recipe import Recipe
from pcv.data.store.store import Store, open_store
from pcv.encoders import Encoder, build_encoder
from pcv.encoders.inputs import batch_of
from pcv.errors import CheckpointError, InputError, one_line
from pcv.objectives import Objective, Supervised, build_objective
from pcv.stages.finished import FinishedRun
from pcv.stages.labels import class_names
from pcv.train.checkpoint import ENCODER, check_fit, load_encoder, load_objective, load_strictly
from pcv.train.exported import (
    EXPORTED,
    ExportedTask,
    ModelConfig,
    StorageConfig,
    is_exported,
    read_exported,
)
from pcv.train.run import RunFolder
from pcv.version import __version__

if TYPE_CHECKING:
    from pcv.stages.prediction.arrays import PointPrediction, Prediction

CHECKPOINTS = ("last", "best")


class Pretrained(nn.Module):
    """A trained model, with what is needed to use it.

    Attributes:
        body: The encoder alone if the model was only pretrained, else the whole objective.
        config: The classes, and how recordings become points.
        recipe: The recipe of the run; its section ``data`` says how points become clips.
        origin: The folder from which the model was read.
    """

    def __init__(
        self, body: Objective | Encoder, config: ModelConfig, recipe: Recipe, origin: Path
    ) -> None:
        super().__init__()
        self.body = body
        self.config, self.recipe, self.origin = config, recipe, origin

    @property
    def pretrained_only(self) -> bool:
        """Whether the model is an encoder alone, which predicts no classes."""
        return self.config.task == "encode"

    @property
    def encoder(self) -> Encoder:
        """The encoder."""
        return cast("Encoder", self.body if self.pretrained_only else self.body.encoder)

    @property
    def supervised(self) -> Supervised:
        """The objective that predicts classes, which holds the encoder."""
        assert not self.pretrained_only
        return cast("Supervised", self.body)

    @property
    def frames(self) -> int:
        """The number of frames that the model reads together: those of a clip.

        After pretraining alone, those of a segment if clips are encoded by segments.
        """
        frames = self.recipe.data.frames
        return self.recipe.objective.segment_length(frames) if self.pretrained_only else frames

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that are read of a point after its position: ``colour``, ``normal``."""
        return self.recipe.encoder.channels_read

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a store that are read."""
        return tuple(CHANNEL_COLUMNS[name] for name in self.channels)

    def forward(self, points: Tensor) -> Tensor | tuple[Tensor, Tensor] | Superpoints:
        """Return logits of clips (B, classes), logits of points (B, T, N, classes), or superpoints.

        A model of objects returns logits of points together with offsets (B, T, N, 3) to the middle
        of each point's object. An encoder of scenes returns one superpoint per point.

        Args:
            points: (B, T, N, 3 + F) float32. Positions are centred and scaled as ``recipe.data``
                says, and every frame is in farthest-point order. The F values that ``channels``
                names follow them: colours from 0 to 1, unit normals.
        """
        batch = batch_of(points, self.channels)
        if self.pretrained_only:
            return self.encoder.describe(batch)
        scores, offset = self.supervised.guess(batch)
        return scores if offset is None else (scores, offset)

    def predict(
        self,
        frames: Sequence[NDArray[Any] | Tensor],  # T arrays (N_t, 3) in metres
        **columns: Sequence[NDArray[Any] | Tensor],  # each T arrays (N_t, 3)
    ) -> Prediction:
        """Predict the class of a recording, as ``pcv predict`` does of its file.

        Farthest points are found, and clips are cut, centred and scaled, as the recipe says.

        Args:
            frames: The points of every frame, in the axes that ``config.axes`` states.
            columns: ``colour`` (from 0 to 255) or ``normals`` (of length 1), if the model reads
                them.

        Raises:
            InputError: The model tells no classes of recordings, or the arrays are of another
                shape, not finite, wider than the model's store can hold, or missing.
        """
        from pcv.stages.prediction.arrays import predict_frames  # which needs this class

        return predict_frames(self, frames, columns)

    def label_points(
        self,
        frames: Sequence[NDArray[Any] | Tensor],  # T arrays (N_t, 3) in metres
        **columns: Sequence[NDArray[Any] | Tensor],  # each T arrays (N_t, 3)
    ) -> list[PointPrediction]:
        """Predict the class of every point of a recording, as ``pcv predict`` does of its file.

        Args:
            frames: As ``predict``.
            columns: As ``predict``.

        Returns:
            The labels (N_t,) and their scores (N_t,), for every frame.

        Raises:
            InputError: The model does not label points of recordings; and as ``predict``.
        """
        from pcv.stages.prediction.arrays import label_points  # which needs this class

        return label_points(self, frames, columns)

    def weights(self) -> dict[str, Tensor]:
        """Return all weights (...) by name; the names of the encoder's begin with ``encoder.``."""
        found = self.body.state_dict()
        return {ENCODER + k: v for k, v in found.items()} if self.pretrained_only else found


def from_pretrained(
    path: Path, *, checkpoint: str = "last", store: Path | None = None
) -> Pretrained:
    """Load the model of a run folder or of an exported folder, in eval mode and on the CPU.

    Args:
        path: The folder.
        checkpoint: For a run: ``last`` or ``best``.
        store: For a run: where the store that it was trained on is now; None: where it was.

    Raises:
        InputError: It is neither kind of folder, a file in it is missing, damaged or hostile, or
            the weights are not those that the configuration describes.
    """
    if is_exported(path):
        if checkpoint != "last" or store is not None:
            raise InputError(
                f"{path}: an exported folder; --checkpoint and --store are for run folders"
            )
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
    blocks = recipe.encoder.repeated_blocks
    if blocks > len(weights):
        raise CheckpointError(
            f"{path}: the weights are {len(weights)} tensors; the config needs at least {blocks}"
        )
    _check_scenes(config, recipe, path)
    if config.task == "encode":
        weights = {name.removeprefix(ENCODER): value for name, value in weights.items()}
    _check_values(weights, path)
    # Shapes are checked first, without memory: a configuration alone must not fill it.
    with torch.device("meta"):
        check_fit(_built(config, recipe, path), weights, path)
    with torch.random.fork_rng(devices=[]):
        body = _built(config, recipe, path)
    load_strictly(body, weights, path)
    return Pretrained(body, config, recipe, path).eval()


def _built(config: ModelConfig, recipe: Recipe, path: Path) -> Objective | Encoder:
    return _used(_build(config.task, recipe, len(config.class_names), path), config.task)


def _check_scenes(config: ModelConfig, recipe: Recipe, origin: Path) -> None:
    """Refuse a configuration for recordings that its encoder does not read, and the reverse."""
    if (recipe.encoder.scenes and not config.scenes) or (
        config.scenes and config.task == "classify"
    ):
        kind = "scenes" if config.scenes else "recordings"
        raise CheckpointError(
            f"{origin}: scenes is {str(config.scenes).lower()}, but encoder {recipe.encoder.name} "
            f"with task {config.task} cannot read {kind}"
        )


def _used(body: Objective | Encoder, task: ExportedTask) -> Objective | Encoder:
    """Drop what only training needs, and return the rest."""
    if task != "encode":
        cast("Objective", body).forget_training()
    return body


def _load_run(path: Path, checkpoint: str, store: Path | None) -> Pretrained:
    _, recipe, stored = FinishedRun.open(path)
    if recipe.stage == "probe":
        raise InputError(f"{path}: a run of pcv probe holds no model; give the run that it probed")
    opened = open_store(store or stored) if store or stored.is_dir() else None
    config = _describe(path, recipe, opened)
    folder = RunFolder(path).last if checkpoint == "last" else RunFolder(path).best
    with torch.random.fork_rng(devices=[]):
        body = _build(config.task, recipe, len(config.class_names), path)
    if config.task == "encode":
        load_strictly(body, load_encoder(folder)[1], folder)
    else:
        load_objective(folder, body)
    return Pretrained(_used(body, config.task), config, recipe, path).eval()


def _describe(path: Path, recipe: Recipe, store: Store | None) -> ModelConfig:
    result = RunFolder(path).result()
    if store is None and result is None:
        raise InputError(f"{path}: is unfinished, and its store is not there; give --store DIR")
    task: ExportedTask = "encode" if recipe.stage == "pretrain" else _task(recipe)
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


def _task(recipe: Recipe) -> ExportedTask:
    return EXPORTED.get(str(recipe.objective.task), "classify")


def _config(task: ExportedTask, dataset: str, names: list[str], recipe: Recipe) -> ModelConfig:
    tree = recipe.model_dump(mode="json") | {"store": None}  # its path means nothing elsewhere
    return ModelConfig(
        pcv_version=__version__,
        task=task,
        dataset=dataset,
        class_names=() if task == "encode" else tuple(names),
        scenes=recipe.encoder.scenes,
        recipe=tree,
    )


def _build(task: ExportedTask, recipe: Recipe, classes: int, origin: Path) -> Objective | Encoder:
    if task != "encode" and task != _task(recipe):
        raise CheckpointError(f"{origin}: task {task}, but its recipe trains {_task(recipe)}")
    try:
        encoder = build_encoder(recipe.encoder)
        if task == "encode":
            return encoder
        found = build_objective(recipe, encoder, classes=classes)
    except (ValueError, RuntimeError, TypeError, OverflowError) as error:
        reason = one_line(error, 200)
        raise CheckpointError(
            f"{origin}: no model can be built from its recipe: {reason}"
        ) from None
    if recipe.objective.stage != "finetune":
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
