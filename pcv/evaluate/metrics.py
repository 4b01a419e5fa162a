"""Metrics of predictions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def confusion_matrix(
    truth: NDArray[np.int64],  # (n,)
    guess: NDArray[np.int64],  # (n,)
    classes: int,
) -> NDArray[np.int64]:  # (classes, classes), rows: truth
    """Count how often each class was taken for each class."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (truth, guess), 1)
    return counts


def accuracy(
    confusion: NDArray[np.int64],  # (classes, classes), rows: truth
) -> float:
    """Return the share that is right; NaN where nothing was scored."""
    total = confusion.sum()
    return float(np.trace(confusion) / total) if total else float("nan")


def per_class(
    confusion: NDArray[np.int64],  # (classes, classes), rows: truth
) -> list[float | None]:
    """Return the share of each class that is right; None for a class with nothing to score."""
    totals = confusion.sum(1)
    return [
        float(right / total) if total else None
        for right, total in zip(np.diag(confusion), totals, strict=True)
    ]


def mean_class_accuracy(
    confusion: NDArray[np.int64],  # (classes, classes), rows: truth
) -> float:
    """Average the accuracy over the classes that have something to score."""
    shares = [share for share in per_class(confusion) if share is not None]
    return float(np.mean(shares)) if shares else float("nan")


def per_class_iou(
    confusion: NDArray[np.int64],  # (classes, classes), rows: truth
) -> list[float | None]:
    """Return the IoU (intersection over union) of each class; None if no point truly has it."""
    union = confusion.sum(0) + confusion.sum(1) - np.diag(confusion)
    return [
        float(both / either) if true else None
        for both, either, true in zip(np.diag(confusion), union, confusion.sum(1), strict=True)
    ]


def mean_iou(
    confusion: NDArray[np.int64],  # (classes, classes), rows: truth
) -> dict[str, float]:
    """Average the IoU over classes, in the two ways that are in use.

    Returns:
        ``miou_all_classes``: absent classes count as 0, as in every published row on Synthia 4D
        (12 classes, one of which no test point has); ``miou_present_classes``: the average over
        the classes that some point truly has.
    """
    shares = per_class_iou(confusion)
    present = [share for share in shares if share is not None]
    return {
        "miou_all_classes": sum(present) / len(shares) if shares else float("nan"),
        "miou_present_classes": float(np.mean(present)) if present else float("nan"),
    }


def point_scores(
    confusion: NDArray[np.int64],  # (classes, classes), rows: truth
) -> dict[str, float]:
    """Return both mean IoUs, the mean class accuracy and the share of points that is right."""
    return mean_iou(confusion) | {
        "mean_class_accuracy": mean_class_accuracy(confusion),
        "point_accuracy": accuracy(confusion),
    }
