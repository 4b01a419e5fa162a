"""How embeddings are spread, which shows a collapse."""

from __future__ import annotations

import torch
from torch import Tensor

MONITORED = 128  # the most rows whose spectrum is computed


def spread(
    rows: Tensor,  # (n, C), unit length
) -> dict[str, Tensor]:  # () each
    """Return ``embedding_std`` and ``effective_rank`` of unit vectors.

    ``embedding_std`` is 1 for directions spread evenly and 0 when all are equal. The rank is the
    exponential of the entropy of the spectrum of at most ``MONITORED`` rows, taken at equal steps.
    Both are NaN where a row is not finite: it is the loss that ends a run which diverges.
    """
    if not bool(torch.isfinite(rows).all()):
        nothing = rows.new_full((), torch.nan)
        return {"embedding_std": nothing, "effective_rank": nothing}
    step = max(1, len(rows) // MONITORED)
    sample = rows[::step][:MONITORED]
    centred = sample - sample.mean(0)
    energy = torch.linalg.eigvalsh(centred @ centred.T).clamp(min=0)
    share = energy / energy.sum().clamp(min=1e-12)
    return {
        "embedding_std": rows.std(0, unbiased=False).square().sum().sqrt(),
        "effective_rank": torch.exp(-(share * share.clamp(min=1e-12).log()).sum()),
    }
