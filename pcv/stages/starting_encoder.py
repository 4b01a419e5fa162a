"""The encoder that a probe reads: that of a pretrained run, or one with random weights."""

from __future__ import annotations

from typing import Any

import torch

from pcv.encoders import build_encoder
from pcv.stages.building import as_recipe_says
from pcv.stages.job import Job
from pcv.train.checkpoint import load_strictly
from pcv.train.device import device
from pcv.train.starting import starting_weights


def starting_encoder(job: Job) -> Any:  # noqa: ANN401 - of clips or of scenes, as the recipe says
    """Build the encoder of a job, with the weights that it starts from, on the fastest device.

    Raises:
        CheckpointError: The run that the job starts from has another encoder, or is damaged.
    """
    torch.manual_seed(job.recipe.train.seed)
    with as_recipe_says(job.recipe):
        encoder = build_encoder(job.recipe.encoder)
    if job.start is not None:
        load_strictly(encoder, starting_weights(job.start, job.recipe), job.start)
    return encoder.to(device())
