"""Point contrastive prediction: PointCPSC (Sheng et al., ICCV 2023), equations 1 to 4."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

CHUNK = 1 << 25  # similarities at a time, 128 MiB per copy; with more, backward recomputes them


class Contrast(NamedTuple):
    """The choices of equation 4."""

    temperature: float
    anchor: Literal["prediction", "target"]
    negative_ratio: float
    positive_neighbours: int
    neighbour_weighting: Literal["fusion", "softmax", "add"]


class Candidates(NamedTuple):
    """Embeddings with which a query may be compared, besides its own positive."""

    embedding: Tensor  # (n, C), unit length
    repel: Tensor | None  # (m, n) bool: which may be negatives; None: all
    neighbours: bool  # whether positive neighbours are looked for here
    attract: Tensor | None = None  # (m, n) bool: which may be neighbours; None: all


def contrast(
    prediction: Tensor,  # (m, C), unit length
    target: Tensor,  # (m, C), unit length
    sets: list[Candidates],
    choice: Contrast,
    own: Tensor | None = None,  # (m, j): similarity of each query with its own j negatives
) -> Tensor:  # ()
    """Compute InfoNCE of predictions and targets, with selected negatives and positive neighbours.

    In each set the share ``negative_ratio`` that is least similar to the target repels (equation
    1), and in sets with neighbours the ``positive_neighbours`` most similar ones attract (equation
    2). ``neighbour_weighting`` says how: ``softmax`` weights the terms of equation 4 by equation 3,
    ``add`` gives each the weight 1, and ``fusion`` averages the target and its neighbours, with the
    weights of equation 3, into one positive. Selection and weights depend on the target only and
    carry no gradient. ``anchor`` says whose similarities are taken: those of the prediction, or
    those of the target, as printed in the paper. Computed in float32 by log-sum-exp.
    """
    prediction, target = prediction.float(), target.float()
    total = sum(len(candidates.embedding) for candidates in sets)
    rows = max(1, CHUNK // max(total, 1))
    if len(target) <= rows:
        return _nll(prediction, target, sets, choice, own).mean()
    parts = []
    for start in range(0, len(target), rows):
        stop = start + rows
        cut = [
            c._replace(
                repel=None if c.repel is None else c.repel[start:stop],
                attract=None if c.attract is None else c.attract[start:stop],
            )
            for c in sets
        ]
        parts.append(
            checkpoint(
                _nll,
                prediction[start:stop],
                target[start:stop],
                cut,
                choice,
                None if own is None else own[start:stop],
                use_reentrant=False,
            )
        )
    return torch.cat(parts).mean()


def _nll(
    prediction: Tensor, target: Tensor, sets: list[Candidates], choice: Contrast, own: Tensor | None
) -> Tensor:  # (m,)
    query = prediction if choice.anchor == "prediction" else target
    other = target if choice.anchor == "prediction" else prediction
    query = query / choice.temperature  # cheaper here than on (m, n) similarities
    positives: Tensor | None = None
    repelled = []
    for candidates in sets:
        similarity = target.detach() @ candidates.embedding.detach().T
        keep = select_negatives(_among(similarity, candidates.repel), choice.negative_ratio)
        if candidates.neighbours and choice.positive_neighbours and len(candidates.embedding):
            count = min(choice.positive_neighbours, similarity.shape[1])
            value, index = _among(similarity, candidates.attract).topk(count)
            keep = keep.scatter(1, index, False)
            near = candidates.embedding[index]
            positives = weigh_positives(query, other, near, value, choice.neighbour_weighting)
        repelled.append(repulsion(query, candidates.embedding, keep))
    if positives is None:
        positives = (query * other).sum(1, keepdim=True)
    if own is not None:
        repelled.append(torch.logsumexp(own.float() / choice.temperature, 1))
    attract = torch.logsumexp(positives, 1)
    return torch.logsumexp(torch.stack([attract, *repelled], 1), 1) - attract


def repulsion(query: Tensor, embedding: Tensor, keep: Tensor) -> Tensor:
    """Return the log of the sum of ``exp(query @ embedding.T)`` over kept entries; -inf if none is.

    Args:
        query: (m, C).
        embedding: (n, C).
        keep: (m, n) bool.

    Returns:
        (m,).
    """
    total: Tensor = _Repulsion.apply(query, embedding, keep)
    return total


class _Repulsion(torch.autograd.Function):
    """Keep one (m, n) tensor for the backward pass, whereas torch's own functions keep four."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, embedding: Tensor, keep: Tensor) -> Tensor:  # noqa: ANN401
        weight = query @ embedding.T
        weight.masked_fill_(~keep, -torch.inf)
        top = weight.amax(1, keepdim=True) if keep.shape[1] else weight.new_zeros(len(query), 1)
        top.nan_to_num_(neginf=0.0)
        weight.sub_(top).exp_()
        total = weight.sum(1)
        ctx.save_for_backward(query, embedding, weight, total)
        return total.log() + top[:, 0]

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:  # noqa: ANN401
        query, embedding, weight, total = ctx.saved_tensors
        share = weight * (gradient[0] / total.clamp(min=torch.finfo(total.dtype).tiny))[:, None]
        wanted = ctx.needs_input_grad
        return (
            share @ embedding if wanted[0] else None,
            share.T @ query if wanted[1] else None,
            None,
        )


def _among(similarity: Tensor, allowed: Tensor | None) -> Tensor:
    return similarity if allowed is None else similarity.masked_fill(~allowed, -torch.inf)


def select_negatives(
    similarity: Tensor,  # (m, n), -inf: no candidate
    ratio: float,
) -> Tensor:  # (m, n) bool
    """Keep, in each row, the share ``ratio`` of the candidates that is least similar (equation 1).

    A threshold decides, the k-th smallest value: of equal values all are kept or none.
    """
    there = similarity > -torch.inf
    if ratio >= 1 or not similarity.shape[1]:
        return there
    count = there.sum(1)
    missing = similarity.shape[1] - count
    wanted = (count * ratio).floor().long().clamp(min=1) + missing
    threshold = similarity.new_empty(len(similarity), 1)
    for rank in wanted.unique().tolist():  # one per number of candidates that a row has
        rows = wanted == rank
        rank = min(rank, similarity.shape[1])
        threshold[rows] = _smallest(similarity[rows], rank)
    return there & (similarity <= threshold)


def _smallest(values: Tensor, rank: int) -> Tensor:
    """Return the ``rank``-th smallest value of each row (m, 1).

    On a CPU NumPy selects far faster than torch.
    """
    if values.device.type != "cpu":
        return values.kthvalue(rank, 1, keepdim=True).values
    return torch.from_numpy(np.partition(values.numpy(), rank - 1, 1)[:, rank - 1 : rank])


def weigh_positives(
    query: Tensor,  # (m, C), divided by the temperature
    other: Tensor,  # (m, C)
    near: Tensor,  # (m, K, C)
    similarity: Tensor,  # (m, K): cosine of the target with each neighbour, -inf: no neighbour
    weighting: Literal["fusion", "softmax", "add"],
) -> Tensor:  # (m, 1 + K) or (m, 1) logits of the positives
    """Combine the positive and its neighbours (equations 3 and 4; Table 6)."""
    there = similarity > -torch.inf
    first = (query * other).sum(1, keepdim=True)
    weight = torch.nan_to_num(torch.softmax(similarity, 1)) * there
    if weighting == "fusion":
        fused = F.normalize(other + (weight[..., None] * near).sum(1), dim=1)
        return (query * fused).sum(1, keepdim=True)
    logits = torch.einsum("mc,mkc->mk", query, near)
    if weighting == "softmax":
        logits = logits + weight.clamp(min=1e-30).log()
    return torch.cat([first, logits.masked_fill(~there, -torch.inf)], 1)
