"""Average precision of instances, by the protocol of the ScanNet benchmark."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST = 100  # an instance or a proposal with fewer points does not count
STRICT = tuple(round(0.5 + 0.05 * step, 2) for step in range(9))  # thresholds of overlap of ``ap``
LOOSE = 0.25  # threshold of overlap of ``ap25``


class Proposal(NamedTuple):
    """One predicted object of a scene."""

    mask: NDArray[np.bool_]  # (N,)
    label: int
    confidence: float


class TrueScene(NamedTuple):
    """The true classes and instances of a scene's points."""

    label: NDArray[np.int64]  # (N,) class, -1: none
    instance: NDArray[np.int64]  # (N,) number of the instance, -1: none


class _Pairs(NamedTuple):
    """Proposals and true instances of one class in one scene."""

    overlap: NDArray[np.float64]  # (proposals, instances) intersection over union
    confidence: NDArray[np.float64]  # (proposals,)
    ignored: NDArray[np.float64]  # (proposals,) share of its points that lie on what is not counted
    true: int  # number of true instances


def average_precision(
    scenes: list[tuple[TrueScene, list[Proposal]]], classes: tuple[int, ...]
) -> dict[str, float]:
    """Score proposals.

    True instances and proposals with fewer than ``LEAST`` points do not count. Of several proposals
    on one instance the most confident is right and the others are wrong. A proposal on no instance
    is wrong, unless a larger share of its points than the threshold lies on points without a class
    in ``classes`` or on true instances that are too small.

    Args:
        scenes: The truth and the proposals of each scene, with masks (N,).
        classes: The classes that have instances.

    Returns:
        ``ap`` over thresholds 0.5 to 0.9, ``ap50`` and ``ap25``: means over the classes that
        occur; NaN where no class occurs.
    """
    found = {
        label: [_pairs(truth, proposals, label, classes) for truth, proposals in scenes]
        for label in classes
    }
    table = np.array(
        [[_precision(found[label], t) for t in (*STRICT, LOOSE)] for label in classes], np.float64
    )
    occurs = ~np.isnan(table).all(1)
    if not occurs.any():
        return dict.fromkeys(("ap", "ap50", "ap25"), float("nan"))
    mean = np.nanmean(table[occurs], axis=0)
    return {"ap": float(mean[:-1].mean()), "ap50": float(mean[0]), "ap25": float(mean[-1])}


def _pairs(
    truth: TrueScene, proposals: list[Proposal], label: int, classes: tuple[int, ...]
) -> _Pairs:
    mine = (truth.label == label) & (truth.instance >= 0)
    names, counts = np.unique(truth.instance[mine], return_counts=True)
    large = names[counts >= LEAST]
    own = [p for p in proposals if p.label == label and p.mask.sum() >= LEAST]
    void = ~np.isin(truth.label, classes) | (truth.instance < 0)
    free = void | (mine & np.isin(truth.instance, names[counts < LEAST]))
    overlap = np.zeros((len(own), len(large)))
    for row, proposal in enumerate(own):
        for column, name in enumerate(large):
            one = mine & (truth.instance == name)
            both = np.count_nonzero(one & proposal.mask)
            overlap[row, column] = both / np.count_nonzero(one | proposal.mask)
    return _Pairs(
        overlap,
        np.array([p.confidence for p in own], np.float64),
        np.array([np.count_nonzero(p.mask & free) / p.mask.sum() for p in own], np.float64),
        len(large),
    )


def _precision(scenes: list[_Pairs], threshold: float) -> float:
    """Return the average precision of one class; NaN where it does not occur."""
    right: list[bool] = []
    confidence: list[float] = []
    missed = total = 0
    for pairs in scenes:
        total += pairs.true
        hits, score, lost = _match(pairs, threshold)
        right += hits
        confidence += score
        missed += lost
    if not total:
        return float("nan")
    return _area(np.array(right, bool), np.array(confidence), missed) if right else 0.0


def _match(pairs: _Pairs, threshold: float) -> tuple[list[bool], list[float], int]:
    """Return which proposals are right, their confidence, and the number of missed instances."""
    right: list[bool] = []
    score: list[float] = []
    taken = np.zeros(len(pairs.confidence), bool)
    missed = 0
    for column in range(pairs.true):
        rows = np.flatnonzero((pairs.overlap[:, column] > threshold) & ~taken)
        if not len(rows):
            missed += 1
            continue
        taken[rows] = True
        order = rows[np.argsort(-pairs.confidence[rows], kind="stable")]
        right += [True, *[False] * (len(rows) - 1)]
        score += pairs.confidence[order].tolist()
    for row in range(len(pairs.confidence)):
        touches = (pairs.overlap[row] > threshold).any()
        if not touches and pairs.ignored[row] <= threshold:
            right.append(False)
            score.append(float(pairs.confidence[row]))
    return right, score, missed


def _area(right: NDArray[np.bool_], confidence: NDArray[np.float64], missed: int) -> float:
    """Return the area under precision over recall.

    The recall between two thresholds is shared equally by both.
    """
    order = np.argsort(confidence, kind="stable")
    right, confidence = right[order], confidence[order]
    _, first = np.unique(confidence, return_index=True)
    below = np.concatenate([[0], np.cumsum(right)])[first]  # right proposals below each threshold
    hits = right.sum() - below
    drawn = len(right) - first
    precision = np.append(hits / drawn, 1.0)
    recall = np.append(hits / (right.sum() + missed), 0.0)
    padded = np.concatenate([recall[:1], recall, [0.0]])
    return float(precision @ ((padded[:-2] - padded[2:]) / 2))
