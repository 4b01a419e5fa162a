"""The run folder: everything that explains a run, readable without pcv.

It holds ``recipe.yaml`` (complete), ``inputs.json`` (its store, with a fingerprint of the store's
content, and the run that it began from),
``env.json`` (versions, device, git revision, command), ``metrics.jsonl`` (one line per logged
step), events where TensorBoard is installed, ``checkpoints/last`` and ``best``, ``labelled.txt``
(the training videos whose labels were used, if not all were), and ``result.json`` once the run is
finished.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pcv.config.recipe import same_recipe
from pcv.config.text import read_recipe_file
from pcv.errors import InputError, RecipeError
from pcv.regular_file import read_regular
from pcv.whole import whole_file

INPUTS = "inputs.json"
MOST_BYTES = 1 << 26  # of a result, whose confusion matrix may have hundreds of classes
PACKAGES = ("pcv", "torch", "numpy", "numba", "zarr")


class RunResult(BaseModel):
    """``result.json``: the result of a finished run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    recipe: str  # name of the recipe's file
    seed: int
    dataset: str
    protocol: str
    init: str  # "random", or the name of the pretrained run
    steps: int
    seconds: float
    scores: dict[str, float] = {}  # by name; accuracies are from 0 to 1
    n_scored: int | None = None
    n_in_split: int | None = None
    passes: int | None = None  # over each video or scene, whose softmax is summed; None: one
    label_fraction: float = 1.0
    shots: int = 0  # labelled videos per class; 0: label_fraction decides
    fold: int | None = None  # of cross-validation: its people were scored, not the test videos
    selection: str | None = None  # what the best checkpoint was chosen by
    class_names: list[str] = []
    confusion: list[list[int]] | None = None  # rows: truth
    warning: str | None = None
    # Training clips of which the statistics of batch normalisation were found anew; None: of none.
    statistics_clips: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, without the confusion matrix, for a terminal."""
        return self.model_dump(exclude={"confusion", "class_names"})


class RunInputs(BaseModel):
    """``inputs.json``: what a run reads beside its recipe; a run resumes with the same ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: str | None = None
    content: str | None = None  # fingerprint of the store; None: not known, as in older runs
    start: str | None = None  # the run that weights come from; None: random weights


NO_INPUTS = RunInputs()


class RunFolder:
    """One run's folder.

    Args:
        path: The folder; it is created if it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._events: Any = None

    @property
    def last(self) -> Path:
        """The checkpoint to resume from and to report."""
        return self.path / "checkpoints" / "last"

    @property
    def best(self) -> Path:
        """The checkpoint with the best score while training."""
        return self.path / "checkpoints" / "best"

    def open(self, recipe: str, inputs: RunInputs = NO_INPUTS, *, resume: bool) -> RunResult | None:
        """Claim the folder, or find that the run is finished.

        Args:
            recipe: The complete recipe as YAML.
            inputs: What the run reads beside it.
            resume: Whether to continue an unfinished run.

        Returns:
            The result of a finished run of the same recipe; None if there is work to do.

        Raises:
            InputError: The folder holds something else, a run of another recipe or on another
                content of the store, or an unfinished run although ``resume`` is false.
        """
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path}: this is a file; give a folder with --out")
        known = self.path / "recipe.yaml"
        if known.exists() and not self._begun():
            (self.path / "labelled.txt").unlink(missing_ok=True)
        elif known.exists():
            began = self.inputs()
            same = (began.store, began.start) == (inputs.store, inputs.start)
            if not same or not same_recipe(_text(known), recipe):
                raise InputError(
                    f"{self.path}: a run of another recipe or other --set values; "
                    "give another --out"
                )
            inputs = self._same_content(began, inputs)
            result = self.result()
            if result is not None:
                return result
            if not resume and (self.path / "checkpoints").exists():
                raise InputError(
                    f"{self.path}: an unfinished run; continue it with --resume or give another "
                    "--out"
                )
        elif self.path.exists() and self._names():
            raise InputError(f"{self.path}: not a run folder; give a new or empty one with --out")
        self.path.mkdir(parents=True, exist_ok=True)
        self._write("recipe.yaml", recipe)
        self._write(INPUTS, inputs.model_dump_json(indent=1))
        self._write("env.json", json.dumps(_environment(), indent=1))
        return None

    def _same_content(self, began: RunInputs, inputs: RunInputs) -> RunInputs:
        """Refuse a store that was replaced; an older run learns what its store holds now."""
        if None not in (began.content, inputs.content) and began.content != inputs.content:
            raise InputError(
                f"{self.path}: its store {inputs.store} holds other data than when the run began; "
                "put that store back, or give another --out"
            )
        return inputs.model_copy(update={"content": began.content or inputs.content})

    def _begun(self) -> bool:
        """Say whether any work was done here; a run refused at its start may be begun again."""
        said = ("recipe.yaml", INPUTS, "env.json", "labelled.txt")
        return any(name not in said for name in self._names())

    def _names(self) -> list[str]:
        """Return the names in the folder, without what a kill left half written."""
        return [path.name for path in self.path.iterdir() if path.suffix != ".part"]

    def _write(self, name: str, text: str) -> None:
        with whole_file(self.path / name) as partial:
            partial.write_text(text)

    def result(self) -> RunResult | None:
        """Return the result, or None while the run is unfinished.

        Raises:
            InputError: ``result.json`` is damaged.
        """
        path = self.path / "result.json"
        if not path.exists():
            return None
        try:
            return RunResult.model_validate_json(read_regular(path, MOST_BYTES))
        except (ValidationError, OSError) as error:
            raise InputError(f"{path}: damaged: {_reason(error)}") from None

    def recipe(self) -> dict[str, Any]:
        """Return the recipe as plain values; empty if none can be read."""
        try:
            found = read_recipe_file(self.path / "recipe.yaml")
        except RecipeError:
            return {}
        return found

    def inputs(self) -> RunInputs:
        """Return what the run reads beside its recipe.

        Raises:
            InputError: ``inputs.json`` is damaged.
        """
        path = self.path / INPUTS
        if not path.exists():
            return _inputs_of_old_run(self.path / "recipe.yaml")
        try:
            return RunInputs.model_validate_json(read_regular(path, MOST_BYTES))
        except (ValidationError, OSError) as error:
            raise InputError(f"{path}: damaged: {_reason(error)}") from None

    def write_labelled(self, lines: list[str]) -> None:
        """Write ``labelled.txt``, one training video per line."""
        self._write("labelled.txt", "".join(f"{line}\n" for line in lines))

    def finish(self, result: RunResult) -> RunResult:
        """Write the result; the run counts as finished from here on."""
        self._write("result.json", result.model_dump_json(indent=1))
        if self._events is not None:
            self._events.close()
        return result

    def log(self, step: int, values: dict[str, float]) -> None:
        """Append one line to ``metrics.jsonl``, and write to TensorBoard where it is installed."""
        with (self.path / "metrics.jsonl").open("a") as file:
            file.write(json.dumps({"step": step} | values) + "\n")
        if self._events is None:
            self._events = _event_writer(self.path)
        for name, value in values.items():
            self._events and self._events.add_scalar(name, value, step)

    def metrics(self) -> list[dict[str, float]]:
        """Read ``metrics.jsonl``; a line that a kill cut off is left out."""
        path = self.path / "metrics.jsonl"
        lines = []
        text = path.read_text(errors="replace") if path.is_file() else ""
        for line in text.splitlines():
            with suppress(ValueError, RecursionError):
                values = json.loads(line)
                if isinstance(values, dict) and isinstance(values.get("step"), int):
                    lines.append(values)
        return lines

    def forget_after(self, step: int) -> None:
        """Drop the metrics of steps that a resumed run will repeat."""
        kept = [line for line in self.metrics() if line["step"] <= step]
        if (self.path / "metrics.jsonl").exists():
            self._write("metrics.jsonl", "".join(json.dumps(line) + "\n" for line in kept))


def _text(path: Path) -> str:
    """Read the recipe of a run; one that is damaged is the recipe of no run.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return read_regular(path, MOST_BYTES).decode(errors="replace")
    except OSError as error:
        raise InputError(f"{path}: {_reason(error)}; give another --out") from None


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).splitlines()[0]


def _inputs_of_old_run(recipe: Path) -> RunInputs:
    """What runs of version 0.1 wrote as comments above their recipe."""
    said = {"# store: ": "store", "# from: ": "start"}
    try:
        lines = read_regular(recipe, MOST_BYTES).decode().splitlines()
    except (OSError, UnicodeDecodeError):
        return NO_INPUTS
    found = {
        key: line.removeprefix(mark)
        for line in lines
        for mark, key in said.items()
        if line.startswith(mark)
    }
    return RunInputs(**found)


def _event_writer(path: Path) -> Any:  # noqa: ANN401 - an optional package's class, or False
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return False
    return SummaryWriter(str(path))


def _environment() -> dict[str, Any]:
    import torch

    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "python": platform.python_version(),
        "versions": versions,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "platform": platform.platform(),
        "git": _revision(),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
    }


def _revision() -> str | None:
    command = ["git", "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=10, cwd=Path(__file__).parent
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
