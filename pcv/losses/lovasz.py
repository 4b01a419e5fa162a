"""Lovasz-Softmax loss, a surrogate of intersection over union (Berman et al., CVPR 2018)."""

from __future__ import annotations

import torch
from torch import Tensor


def lovasz_softmax(scores: Tensor, label: Tensor, *, ignored: int) -> Tensor:  # ()
    """Return the Lovasz extension of the Jaccard loss, averaged over the classes present.

    Once the errors of a class are sorted, the loss is linear in them. So the weights are found
    without a graph, class by class, and memory beyond ``scores`` is one tensor of its size.

    Args:
        scores: Logits (N, classes); the loss is computed in float32 at least.
        label: Class of every point (N,) int64.
        ignored: Label of points that do not count. The loss is 0 where no point counts.
    """
    known = label != ignored
    scores, label = scores[known], label[known]
    wide = scores if scores.dtype == torch.float64 else scores.float()
    with torch.autocast(scores.device.type, enabled=False):
        share = wide.softmax(1)
        present = label.unique()
        weight, constant = torch.zeros_like(share), share.new_zeros(())
        with torch.no_grad():
            for one in present.tolist():
                own = label == one
                error = torch.where(own, 1 - share[:, one], share[:, one])
                slope = _slopes(error, own).to(share.dtype)
                weight[:, one] = torch.where(own, -slope, slope)
                constant += slope[own].sum()
        return ((share * weight).sum() + constant) / max(1, len(present))


def _slopes(error: Tensor, own: Tensor) -> Tensor:  # (N,) float64
    """Return what each error adds to the Jaccard loss as points turn wrong, the worst first."""
    order = error.argsort(descending=True, stable=True)
    right = own[order].to(torch.int64)
    total = right.sum()
    lost = right.cumsum(0)
    union = total + (1 - right).cumsum(0)
    jaccard = 1 - (total - lost).double() / union.double()
    slope = torch.empty_like(jaccard)
    slope[order] = torch.diff(jaccard, prepend=jaccard.new_zeros(1))
    return slope
