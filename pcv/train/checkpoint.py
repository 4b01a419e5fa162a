"""Checkpoints of safetensors and JSON: nothing is pickled, and a kill leaves none half written.

A checkpoint folder holds ``encoder.safetensors``, ``objective.safetensors`` (without the
encoder), ``optimizer.safetensors`` (with torch's random state), and ``state.json``, which has the
checksums of all four; checkpoints of older releases have none.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from pcv.errors import CheckpointError, DivergedError
from pcv.train.exported import file_checksum, is_exported, read_exported, read_tensors
from pcv.train.fit import TrainState
from pcv.whole import aside, whole_folder

ENCODER = "encoder."
STATE, CHECKSUMS = "state.json", "checksums"


def save_checkpoint(folder: Path, state: TrainState, encoder_config: dict[str, Any]) -> None:
    """Write a checkpoint over an older one; a kill leaves the old or the new one, whole.

    Args:
        folder: The checkpoint's folder.
        state: Objective (with ``.encoder``), optimiser and step.
        encoder_config: The configuration from which the encoder can be rebuilt.

    Raises:
        DivergedError: A weight is infinite or NaN; the older checkpoint is kept.
    """
    for name, weight in state.objective.named_parameters():
        if not bool(torch.isfinite(weight).all()):
            raise DivergedError(
                f"step {state.step}: {name} has values that are not finite; lower optim.lr, add "
                "warm-up or set optim.clip_norm"
            )
    everything = {k: _plain(v) for k, v in state.objective.state_dict().items()}
    encoder = {k.removeprefix(ENCODER): v for k, v in everything.items() if k.startswith(ENCODER)}
    rest = {k: v for k, v in everything.items() if not k.startswith(ENCODER)}
    tensors, scalars = _flatten(state.optimizer.state_dict())
    tensors["rng"] = torch.get_rng_state()
    note: dict[str, Any] = {"step": state.step, "encoder": encoder_config, "optimizer": scalars}
    with whole_folder(folder, over=True, synced=True) as partial:
        save_file(encoder, partial / "encoder.safetensors")
        save_file(rest, partial / "objective.safetensors")
        save_file(tensors, partial / "optimizer.safetensors")
        sums = {file.name: file_checksum(file) for file in sorted(partial.iterdir())}
        note[CHECKSUMS] = sums
        sums[STATE] = _note_checksum(note)
        (partial / STATE).write_text(json.dumps(note, indent=1))


def load_checkpoint(folder: Path, state: TrainState, steps: int | None = None) -> None:
    """Continue from a checkpoint: load weights, optimiser, step and torch's random state.

    Args:
        folder: The checkpoint's folder.
        state: What is loaded into.
        steps: Those of the whole run; None: any number.

    Raises:
        CheckpointError: It is missing, damaged, of another model, or of a longer run.
    """
    folder = _existing(folder)
    note = _read_note(folder)
    if steps is not None and note["step"] > steps:
        raise CheckpointError(
            f"{folder / STATE}: step {note['step']} of a run of {steps} steps; it is damaged or of "
            "another run, so begin again with another --out"
        )
    load_objective(folder, state.objective)
    tensors = _tensors(folder, "optimizer.safetensors", note)
    try:
        random = tensors.pop("rng")
        state.optimizer.load_state_dict(_unflatten(tensors, note["optimizer"]))
        torch.set_rng_state(random)
    except (KeyError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        raise CheckpointError(f"{folder}: saved with another optimiser: {error}") from None
    state.step = note["step"]


def load_objective(folder: Path, objective: nn.Module) -> None:
    """Load encoder and objective, strictly.

    Raises:
        CheckpointError: The checkpoint is missing, damaged, not finite, or of another model.
    """
    folder = _existing(folder)
    note = _read_note(folder)
    encoder = _weights(folder, "encoder.safetensors", note)
    rest = _weights(folder, "objective.safetensors", note)
    load_strictly(objective, {ENCODER + k: v for k, v in encoder.items()} | rest, folder)


def load_encoder(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read an encoder's configuration and weights.

    Args:
        path: A run folder (its last checkpoint is read), a checkpoint folder or an exported one.

    Returns:
        The configuration, and the weights (...) by name.

    Raises:
        CheckpointError: There is no checkpoint, or it is damaged or not finite.
    """
    if is_exported(path):
        found = read_exported(path)
        weights = {k: v for k, v in found.weights.items() if k.startswith(ENCODER)}
        _check_finite(weights, path)
        config = found.recipe.encoder.model_dump(mode="json")
        return config, {k.removeprefix(ENCODER): v for k, v in weights.items()}
    inside = path / "checkpoints" / "last"
    folder = inside if (path / "checkpoints").is_dir() else path
    folder = _existing(folder)
    note = _read_note(folder)
    return dict(note["encoder"]), _weights(folder, "encoder.safetensors", note)


def load_strictly(module: nn.Module, weights: dict[str, Tensor], origin: Path) -> None:
    """Load weights whose names and shapes must be exactly those of ``module``.

    Args:
        module: The module to load into.
        weights: Tensors (...) by name.
        origin: Where they were read, for the error.

    Raises:
        CheckpointError: A name or a shape differs.
    """
    check_fit(module, weights, origin)
    module.load_state_dict(weights)


def check_fit(module: nn.Module, weights: dict[str, Tensor], origin: Path) -> None:
    """Refuse weights whose names and shapes are not those of ``module``.

    Args:
        module: It may be on the device ``meta``, without values.
        weights: Tensors (...) by name.
        origin: Where they were read, for the error.

    Raises:
        CheckpointError: A name or a shape differs.
    """
    wanted = {k: tuple(v.shape) for k, v in module.state_dict().items()}
    found = {k: tuple(v.shape) for k, v in weights.items()}
    if wanted != found:
        odd = sorted(set(wanted.items()) ^ set(found.items()))[0][0]
        raise CheckpointError(
            f"{origin}: weights of another model: {odd} is {found.get(odd, 'missing')}, "
            f"expected {wanted.get(odd, 'nothing')}; use the recipe it was trained with"
        )


def _existing(folder: Path) -> Path:
    if folder.is_dir():
        return folder
    old = aside(folder)
    if old.is_dir():  # killed between the two renames
        return old
    raise CheckpointError(f"{folder}: there is no checkpoint here")


def _weights(folder: Path, name: str, note: dict[str, Any]) -> dict[str, Tensor]:
    found = _tensors(folder, name, note)
    _check_finite(found, folder / name)
    return found


def _tensors(folder: Path, name: str, note: dict[str, Any]) -> dict[str, Tensor]:
    return read_tensors(folder / name, note.get(CHECKSUMS, {}).get(name))


def _check_finite(weights: dict[str, Tensor], origin: Path) -> None:
    for name, value in weights.items():
        if not bool(torch.isfinite(value).all()):
            raise CheckpointError(
                f"{origin}: {name} holds values that are not finite; train again, with a lower "
                "optim.lr or with optim.clip_norm"
            )


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous().clone()


def _flatten(state: dict[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    tensors: dict[str, Tensor] = {}
    scalars: dict[str, dict[str, Any]] = {}
    for index, values in state["state"].items():
        scalars[str(index)] = {}
        for name, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"{index}.{name}"] = _plain(value)
            else:
                scalars[str(index)][name] = value
    return tensors, {"state": scalars, "param_groups": state["param_groups"]}


def _unflatten(tensors: dict[str, Tensor], scalars: dict[str, Any]) -> dict[str, Any]:
    state: dict[int, dict[str, Any]] = {int(k): dict(v) for k, v in scalars["state"].items()}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        state[int(index)][name] = value
    return {"state": state, "param_groups": scalars["param_groups"]}


def _read_note(folder: Path) -> dict[str, Any]:
    try:
        note = dict(json.loads((folder / STATE).read_text()))
        missing = {"step", "encoder", "optimizer"} - set(note)
        if missing:
            raise ValueError(f"no {', '.join(sorted(missing))}")
        if type(note["step"]) is not int or note["step"] < 0:
            raise ValueError(f"step is {note['step']!r}, expected a whole number from 0 on")
        for key in ("encoder", "optimizer", CHECKSUMS):
            if not isinstance(note.get(key, {}), dict):
                raise TypeError(f"{key} is not a table")
        if CHECKSUMS in note and note[CHECKSUMS].get(STATE) != _note_checksum(note):
            raise ValueError("its checksum is wrong")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{folder / STATE}: damaged or missing: {error}") from None
    return note


def _note_checksum(note: dict[str, Any]) -> str:
    """Return the SHA-256 of what ``state.json`` says beside its own one."""
    rest = json.loads(json.dumps(note))
    rest[CHECKSUMS].pop(STATE, None)
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
