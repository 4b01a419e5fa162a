"""``pcv pretrain`` and ``pcv finetune``, which run the same loop around different objectives."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

import torch

from pcv.clip import ClipBatch, Losses
from pcv.config.recipe import Recipe
from pcv.config.scoring import EvalConfig
from pcv.data.dataset import ClipDataset, steps_per_epoch, training_batches
from pcv.data.scenes.dataset import open_clips
from pcv.data.scenes.mix import mix_scenes
from pcv.data.store.store import open_store
from pcv.encoders import build_encoder
from pcv.errors import InterruptedRunError, RecipeError
from pcv.evaluate.doubts import doubtful, never_trained
from pcv.evaluate.statistics import kept_statistics
from pcv.objectives import Supervised, build_objective
from pcv.progress import Progress, silent
from pcv.stages.building import as_recipe_says
from pcv.stages.checks import check_labels, check_store, check_subjects, write_limits
from pcv.stages.job import Job
from pcv.stages.labels import class_names, labelled_lines, split_of
from pcv.stages.statistics import renew_statistics
from pcv.stages.tasks import NO_TASK, Asked, Scores, task_of
from pcv.train.checkpoint import load_checkpoint, load_strictly, save_checkpoint
from pcv.train.collapse import collapse_warning
from pcv.train.device import device
from pcv.train.fit import FitPlan, TrainState, fit
from pcv.train.interrupts import catch_interrupts
from pcv.train.optim import build_optimizer
from pcv.train.run import RunFolder, RunResult
from pcv.train.schedule import build_schedule
from pcv.train.starting import starting_weights

VALIDATION = "validation_"  # precedes the name of a score on validation videos


def pretrain(job: Job, *, resume: bool = False, progress: Progress = silent) -> RunResult:
    """Train an encoder without labels on the training videos of a store.

    Returns:
        The result; if the run is already finished, the one that its folder holds.

    Raises:
        PcvError: The input is bad, the loss diverged, or the run was interrupted; then ``resume``
            continues it.
    """
    return _Training(job, progress).run(resume)


def finetune(job: Job, *, resume: bool = False, progress: Progress = silent) -> RunResult:
    """Train an encoder with a classifier of clips or of points, then score the test videos.

    It returns and raises what ``pretrain`` does.
    """
    return _Training(job, progress).run(resume)


class _Length(NamedTuple):
    steps: int  # of the whole run
    epoch: int  # steps per epoch


class _Training:
    """The state and the steps of one run of training."""

    def __init__(self, job: Job, progress: Progress) -> None:
        self.job, self.recipe, self.progress = job, job.recipe, progress
        self.folder, self.task = RunFolder(job.out), task_of(job.recipe)
        self.labelled = job.recipe.stage == "finetune"
        self.warning: str | None = None
        self.best = -1.0
        self.renewed = 0

    def run(self, resume: bool) -> RunResult:
        began = time.monotonic()
        finished = self.job.claim(resume=resume)
        if finished:
            return finished
        recipe = self.recipe
        self.store = open_store(self.job.store, recipe.data.dataset)
        check_store(self.store, recipe)
        self.split = split_of(self.store, recipe)
        clips = open_clips(
            self.store,
            self.split.train,
            recipe.data,
            augment=recipe.augment,
            seed=recipe.train.seed,
        )
        write_limits(self.folder.path, clips)
        if not len(clips):
            raise RecipeError(f"{self.job.store}: no training video is as long as a clip")
        if min(len(clips), recipe.train.batch) < 2:
            raise RecipeError(
                f"{self.job.store}: one clip per batch is too few for batch normalisation; "
                "raise train.batch or label more videos"
            )
        if lines := labelled_lines(self.store, self.split, recipe):
            self.folder.write_labelled(lines)
        check_subjects(recipe, self.store, self.split.train)
        check_labels(recipe, self.store, clips)
        length = _length(recipe, steps_per_epoch(clips, recipe.train.batch))
        state = self._state(resume, length.steps)
        schedule = build_schedule(recipe.optim, steps_per_epoch=length.epoch, steps=length.steps)
        plan = FitPlan(length.steps, schedule, recipe.optim.clip_norm, recipe.train.precision)
        self.schedule, self.length, self.saved = schedule, length, time.monotonic()
        began_at = state.step
        first = as_recipe_says(recipe, lambda: state.step == began_at)
        with catch_interrupts() as stop, first:
            stopped = fit(
                state,
                _endless(clips, recipe, length.epoch, state.step),
                plan,
                after_step=lambda step, losses: self._after(state, step, losses),
                stop=stop,
            )
        if not stopped:
            self.renewed = self._renew(state)
        self._save(state, self.folder.last)
        if stopped:
            raise InterruptedRunError(
                f"stopped after step {state.step} of {length.steps}; "
                f"continue with the same command and --resume ({self.folder.path})"
            )
        return self.folder.finish(self._result(state, time.monotonic() - began))

    def _state(self, resume: bool, steps: int) -> TrainState:
        recipe = self.recipe
        torch.manual_seed(recipe.train.seed)
        classes = len(class_names(self.store, recipe))
        with as_recipe_says(recipe):
            encoder = build_encoder(recipe.encoder)
            objective = build_objective(recipe, encoder, classes=classes, total=steps)
        if self.job.start is not None:
            load_strictly(encoder, starting_weights(self.job.start, recipe), self.job.start)
        objective.to(device())
        state = TrainState(objective, build_optimizer(objective, recipe.optim))
        if resume and self.folder.last.parent.exists():
            load_checkpoint(self.folder.last, state, steps)
            self.folder.forget_after(state.step)
            self.best = max(
                (value for line in self.folder.metrics() for name, value in line.items()
                 if name.startswith(VALIDATION)), default=-1.0,
            )  # fmt: skip
        return state

    def _after(self, state: TrainState, step: int, losses: Losses) -> None:
        train = self.recipe.train
        total = self.length.steps
        logged = step % train.log_every == 0 or step in (1, total)
        if logged:
            values = {name: float(value) for name, value in losses.parts.items()}
            self.folder.log(step, values | {"lr": self.schedule(step - 1)})
            self.warning = collapse_warning(values) if step * 10 > total else None
            self.text = ", ".join(f"{n} {v:.3f}" for n, v in list(values.items())[:4])
        self.progress(step, total, getattr(self, "text", ""))
        if step % self.length.epoch == 0 or step == total:
            self._validate(state, step // self.length.epoch, step)
        if time.monotonic() - self.saved > 60 * train.checkpoint_minutes:
            self._save(state, self.folder.last)
            self.saved = time.monotonic()

    def _validate(self, state: TrainState, epoch: int, step: int) -> None:
        train = self.recipe.train
        videos = self.split.test if train.protocol == "paper" else self.split.validation
        due = step == self.length.steps or (
            train.validate_every and epoch % train.validate_every == 0
        )
        if not self.labelled or not due or not len(videos):
            return
        once = self.recipe.model_copy(update={"eval": EvalConfig()})
        with kept_statistics(cast("Supervised", state.objective)):
            self._renew(state)
            found = self.task.score(state.objective, Asked(self.store, videos, once))
            main = str(state.objective.main_score)
            value = found.values[main]
            prefix = "test_" if train.protocol == "paper" else VALIDATION
            self.folder.log(step, {prefix + main: value})
            if value > self.best:
                self.best = value
                self._save(state, self.folder.best)

    def _renew(self, state: TrainState) -> int:
        """Find the statistics of a supervised model anew; returns of how many clips."""
        if not self.labelled:
            return 0
        objective = cast("Supervised", state.objective)
        return renew_statistics(objective, self.task, self.store, self.split.train, self.recipe)

    def _save(self, state: TrainState, folder: Path) -> None:
        save_checkpoint(folder, state, self.recipe.encoder.model_dump(mode="json"))

    def _result(self, state: TrainState, seconds: float) -> RunResult:
        recipe, train = self.recipe, self.recipe.train
        lines = self.folder.metrics()
        last = next((line for line in reversed(lines) if "loss" in line), {})
        result = RunResult(
            stage=recipe.stage,
            **self.job.described(self.store),
            steps=state.step,
            seconds=round(seconds, 1),
            scores={k: v for k, v in last.items() if k not in ("step", "lr")},
            label_fraction=train.label_fraction,
            shots=train.shots,
            selection=self._selection(),
            class_names=class_names(self.store, recipe),
            warning=self.warning,
            statistics_clips=self.renewed or None,
        )
        videos = self.task.scored(self.split, recipe)
        if self.task is NO_TASK or not len(videos):
            return result
        asked = Asked(self.store, videos, recipe)
        return self._scored(result, self.task.score(state.objective, asked, self.progress), asked)

    def _scored(self, result: RunResult, found: Scores, asked: Asked) -> RunResult:
        """Add scores to a result."""
        if not self.labelled:
            return result.model_copy(update={"scores": result.scores | found.values})
        train, scores = self.recipe.train, dict(found.values)
        if self.best >= 0 and train.validation_fold is None:
            kind = "best_test_epoch" if train.protocol == "paper" else "best_validation_epoch"
            scores[kind] = self.best
        names, label = result.class_names, self.store.videos.label
        doubts = (
            never_trained(label[self.split.train], label[asked.videos], names),
            None if found.confusion is None else doubtful(found.confusion, names),
        )
        return result.model_copy(
            update={
                "warning": "; ".join(filter(None, (result.warning, *doubts))) or None,
                "scores": scores,
                "n_scored": found.videos,
                "n_in_split": len(asked.videos),
                "passes": found.passes,
                "confusion": None if found.confusion is None else found.confusion.tolist(),
            }
        )

    def _selection(self) -> str | None:
        if not self.labelled:
            return None
        if self.recipe.train.protocol == "paper":
            return f"{len(self.split.test)} test videos"
        if not len(self.split.validation):
            return "nothing: no video validates, so only the last epoch counts"
        return f"{len(self.split.validation)} validation videos"


def _length(recipe: Recipe, epoch: int) -> _Length:
    steps = recipe.train.epochs * epoch
    return _Length(min(steps, recipe.train.steps) if recipe.train.steps else steps, epoch)


def _endless(
    clips: ClipDataset, recipe: Recipe, epoch_steps: int, step: int
) -> Iterator[ClipBatch]:
    """Yield batches from a step on, epoch after epoch."""
    epoch, first = divmod(step, epoch_steps)
    while True:
        found = training_batches(
            clips, batch=recipe.train.batch, epoch=epoch, first=first, workers=recipe.train.workers
        )
        for number, batch in enumerate(found, first):
            yield mix_scenes(batch, recipe.augment.mix, (recipe.train.seed, epoch, number))
        epoch, first = epoch + 1, 0
