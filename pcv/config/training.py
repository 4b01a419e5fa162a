"""Sections of recipes on how long, on which videos and with which optimiser a model is trained."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pcv.config.section import (
    Amount,
    Batch,
    Config,
    Count,
    Epochs,
    Fraction,
    Number,
    Positive,
    Whole,
)

Processes = Annotated[int, Field(ge=0, le=256)]


class OptimConfig(Config):
    """Optimiser and learning-rate schedule."""

    name: Literal["adamw", "sgd"] = "adamw"
    lr: Positive = 8e-4  # learning rate after the warm-up
    encoder_lr: Amount = 1.0  # factor on lr for the encoder's weights; 0: they stay
    weight_decay: Amount = 0.05  # weight decay of matrices; biases and norms have none
    momentum: float = Field(0.9, ge=0, lt=1)  # sgd: momentum
    # The rate after the warm-up. cosine: it falls to 0 at the last step; steps: it is divided by 10
    # at every milestone; constant: it stays.
    schedule: Literal["cosine", "steps", "constant"] = "cosine"
    milestones: tuple[Number, ...] = ()  # schedule steps: the epochs at which lr is divided by 10
    warmup_epochs: Amount = 0.0  # epochs in which the rate rises linearly; 0: none
    warmup_start: float = Field(0.0, ge=0, le=1)  # the rate at step 0, as a share of lr
    clip_norm: Amount = 0.0  # largest norm of the gradient; 0: no limit


class TrainConfig(Config):
    """How long, on which videos, and by which protocol."""

    epochs: Epochs = 200  # passes over the training clips
    batch: Batch = 88  # clips per step
    steps: Whole = 0  # steps after which training ends; 0: after all epochs
    # From which all random numbers of a run follow.
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    workers: Processes = 0  # processes that load clips; 0: the training process does
    precision: Literal["float32", "bfloat16"] = "float32"  # of what autocast may round
    checkpoint_minutes: Positive = 5.0  # minutes from one checkpoint to the next
    log_every: Count = 10  # steps from one line of metrics to the next
    # strict: held-out training subjects choose the best epoch, and the last one is reported;
    # paper: the test videos choose it, as in the papers.
    protocol: Literal["strict", "paper"] = "strict"
    # Protocol strict: the number of training subjects that are held out to validate on, unless
    # the store names validation videos. 0: none.
    validation_subjects: Whole = 1
    # Cross-validation: the number of a fold, from 0. Fold n holds out the n-th group of
    # validation_subjects training subjects, and only they are scored. None: no cross-validation.
    validation_fold: Whole | None = None
    validate_every: Whole = 1  # epochs from one validation to the next; 0: at the end
    # The share of the training videos of every class that are learned from with their labels.
    label_fraction: Fraction = 1.0
    shots: Whole = 0  # labelled training videos per class; 0: label_fraction decides
    # The training scenes that are used: a share of them, or a list of their names. A recipe file
    # may also give the path of a text file of names.
    scenes: Fraction | tuple[str, ...] = 1.0
    # The subjects that test, while all others train. Empty: the split of the store decides.
    test_subjects: tuple[Number, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> TrainConfig:
        if self.shots and self.label_fraction < 1:
            raise ValueError("shots and label_fraction both choose labelled videos; set only one")
        if self.validation_fold is not None:
            if self.protocol != "strict":
                raise ValueError("validation_fold needs protocol: strict")
            if not self.validation_subjects:
                raise ValueError("validation_fold needs validation_subjects, the size of a fold")
        return self
