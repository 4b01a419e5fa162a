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
    """One row a video, ascending."""

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
    """Encode clips with the encoder in eval mode and average over the clips of a video."""
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
    rows, place, count = video.unique(return_inverse=True, return_counts=True)
    summed = value.new_zeros((len(rows), value.shape[1])).index_add_(0, place, value)
    first = torch.zeros_like(rows).scatter_(0, place, label)
    return Features((summed / count[:, None]).float(), first, rows)


def standardise(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Centre and scale every column by the mean and deviation of ``train``."""
    mean, deviation = column_scale(train)
    return (train - mean) / deviation, (test - mean) / deviation


def column_scale(values: Tensor) -> tuple[Tensor, Tensor]:  # (n, C) -> (C,), (C,)
    """Return the mean and deviation of every column; 1 for one that hardly varies."""
    mean, deviation = values.mean(0), values.std(0, unbiased=False)
    flat = deviation <= 1e-6 * deviation.max().clamp(min=1e-12)
    return mean, torch.where(flat, 1.0, deviation)


def linear_probe(
    train: Features, test: Features, config: ProbeConfig, *, classes: int, seed: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Fit multinomial logistic regression on standardised features; returns guesses (V,).

    Full-batch AdamW with a cosine schedule; everything about it is fixed before a test video is
    seen.
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
    """Fit multinomial logistic regression: full batches, AdamW, a cosine schedule."""
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
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Vote of the nearest training videos by cosine, weighted by similarity; returns guesses (V,).

    Features are standardised by the training videos first.
    """
    inputs, queries = standardise(train.value, test.value)
    similarity = F.normalize(queries, dim=1) @ F.normalize(inputs, dim=1).T
    value, index = similarity.topk(min(neighbours, len(inputs)), dim=1)
    votes = torch.zeros(len(queries), classes)
    votes.scatter_add_(1, train.label[index], value + 1)
    return votes.argmax(1).numpy()
