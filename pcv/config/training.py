"""How long, on what, by which protocol and with which optimiser a model is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pcv.config.section import Config, Count, Fraction, Positive


class OptimConfig(Config):
    """Optimiser and learning-rate schedule."""

    name: Literal["adamw", "sgd"] = "adamw"
    lr: Positive = 8e-4
    encoder_lr: float = Field(1.0, ge=0)  # multiplies lr for the encoder
    weight_decay: float = Field(0.05, ge=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    schedule: Literal["cosine", "steps", "constant"] = "cosine"
    milestones: tuple[int, ...] = ()  # epochs at which "steps" divides lr by 10
    warmup_epochs: float = Field(0.0, ge=0)
    warmup_start: float = Field(0.0, ge=0, le=1)  # fraction of lr at step 0
    clip_norm: float = Field(0.0, ge=0)  # 0: no clipping


class TrainConfig(Config):
    """How long, on what, and by which protocol."""

    epochs: Count = 200
    batch: Count = 88
    steps: int = Field(0, ge=0)  # stop after so many steps; 0: all epochs
    seed: int = Field(0, ge=0)
    workers: int = Field(0, ge=0)
    precision: Literal["float32", "bfloat16"] = "float32"
    checkpoint_minutes: Positive = 5.0
    log_every: Count = 10
    protocol: Literal["strict", "paper"] = "strict"
    validation_subjects: int = Field(
        1, ge=0
    )  # strict: train subjects held out to select on; 0: none
    # Cross-validation: fold n holds out the n-th so many train subjects, and they alone are scored.
    validation_fold: int | None = Field(None, ge=0)
    validate_every: int = Field(1, ge=0)  # epochs; 0: only at the end
    label_fraction: Fraction = 1.0  # of the training videos, by class
    shots: int = Field(0, ge=0)  # labelled training videos a class; 0: label_fraction says
    # Of the training scenes: a share, or their names, which a recipe may also name as a text file.
    scenes: Fraction | tuple[str, ...] = 1.0
    test_subjects: tuple[int, ...] = ()  # instead of the store's split: they test, others train

    @model_validator(mode="after")
    def _one_way(self) -> TrainConfig:
        if self.shots and self.label_fraction < 1:
            raise ValueError("shots and label_fraction both choose labelled videos; give one")
        if self.validation_fold is not None:
            if self.protocol != "strict":
                raise ValueError("validation_fold needs protocol: strict")
            if not self.validation_subjects:
                raise ValueError("validation_fold needs validation_subjects, the size of a fold")
        return self
