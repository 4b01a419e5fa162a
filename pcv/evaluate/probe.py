"""Reading a frozen encoder: a linear classifier and nearest neighbours on its features."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.clip import ClipBatch
from pcv.config.scoring import ProbeConfig
from pcv.encoders.segments import encode_segments
from pcv.nn.readout import read
from pcv.train.device import device_of, to_device


class Features(NamedTuple):
    """One row per video, in ascending order of ``video``."""

    value: Tensor  # (V, D)
    label: Tensor  # (V,) int64
    video: Tensor  # (V,) int64


@torch.no_grad()
def video_features(
    encoder: nn.Module,
    batches: Iterable[ClipBatch],
    config: ProbeConfig,
    advance: Callable[[int], None] = lambda clips: None,
) -> Features:
    """Encode clips with the encoder in eval mode, and average over the clips of a video."""
    encoder.eval()
    device = device_of(encoder)
    value, video, label = [], [], []
    for batch in batches:
        moved = to_device(batch, device)
        found = encode_segments(encoder, moved.points, config.segment_frames)
        value.append(read(found.feature, config.read).double().cpu())
        video.append(batch.video)
        label.append(batch.label)
        advance(len(batch.video))
    return _average(torch.cat(value), torch.cat(video), torch.cat(label))


def _average(value: Tensor, video: Tensor, label: Tensor) -> Features:
    videos, row, count = video.unique(return_inverse=True, return_counts=True)
    summed = value.new_zeros((len(videos), value.shape[1])).index_add_(0, row, value)
    labels = torch.zeros_like(videos).scatter_(0, row, label)
    return Features((summed / count[:, None]).float(), labels, videos)


def standardise(
    train: Tensor,  # (n, D)
    test: Tensor,  # (m, D)
) -> tuple[Tensor, Tensor]:  # (n, D), (m, D)
    """Centre and scale every column by the mean and the standard deviation of ``train``."""
    mean, deviation = column_scale(train)
    return (train - mean) / deviation, (test - mean) / deviation


def column_scale(values: Tensor) -> tuple[Tensor, Tensor]:  # (n, C) -> (C,), (C,)
    """Return the mean and deviation of every column; 1 for one that hardly varies."""
    mean, deviation = values.mean(0), values.std(0, unbiased=False)
    flat = deviation <= 1e-6 * deviation.max().clamp(min=1e-12)
    return mean, torch.where(flat, 1.0, deviation)


def linear_probe(
    train: Features, test: Features, config: ProbeConfig, *, classes: int, seed: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:  # (V,)
    """Fit multinomial logistic regression on standardised features; return the guessed classes.

    The optimiser is AdamW on full batches with a cosine schedule; all its settings are fixed before
    a test video is seen.
    """
    inputs, queries = standardise(train.value, test.value)
    layer = fit_linear(inputs, train.label, config, classes=classes, seed=seed)
    with torch.no_grad():
        return layer(queries).argmax(1).numpy()


def fit_linear(
    inputs: Tensor,  # (n, D)
    label: Tensor,  # (n,) int64
    config: ProbeConfig,
    *,
    classes: int,
    seed: int,
) -> nn.Linear:
    """Fit multinomial logistic regression by AdamW on full batches, with a cosine schedule."""
    generator = torch.Generator().manual_seed(seed)
    layer = nn.Linear(inputs.shape[1], classes)
    with torch.no_grad():
        layer.weight.normal_(0, 0.01, generator=generator)
        layer.bias.zero_()
    rate, decay = config.linear_lr, config.linear_weight_decay
    optimizer = torch.optim.AdamW(layer.parameters(), lr=rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, config.linear_epochs)
    for _ in range(config.linear_epochs):
        optimizer.zero_grad()
        loss = F.cross_entropy(layer(inputs), label)
        loss.backward()
        optimizer.step()
        schedule.step()
    return layer


def knn_probe(
    train: Features, test: Features, *, neighbours: int, classes: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:  # (V,)
    """Let the nearest training videos vote; return the guessed classes.

    Features are first standardised by the training videos. Votes are weighted by cosine similarity.
    """
    inputs, queries = standardise(train.value, test.value)
    similarity = F.normalize(queries, dim=1) @ F.normalize(inputs, dim=1).T
    value, index = similarity.topk(min(neighbours, len(inputs)), dim=1)
    votes = torch.zeros(len(queries), classes)
    votes.scatter_add_(1, train.label[index], value + 1)
    return votes.argmax(1).numpy()
