"""What makes the scores of a classifier doubtful, in one line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def doubtful(
    confusion: NDArray[np.int64],  # (classes, classes), rows: truth
    names: Sequence[str],
) -> str | None:
    """Say that everything was told one class, where several classes are scored."""
    told = np.flatnonzero(confusion.sum(0))
    if len(told) != 1 or np.count_nonzero(confusion.sum(1)) < 2:
        return None
    return (
        f"everything that was scored was told one class, {names[told[0]]!r}: the model learned "
        "nothing, or its input lies at another scale or in other axes than in training"
    )


def never_trained(
    trained: NDArray[np.int64],  # (n,) labels, -1: none
    scored: NDArray[np.int64],  # (m,)
    names: Sequence[str],
) -> str | None:
    """Say which of the classes that are scored no training video has."""
    missing = sorted(set(scored[scored >= 0].tolist()) - set(trained.tolist()))
    if not missing:
        return None
    listed = ", ".join(names[label] for label in missing[:5])
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    count = int(np.isin(scored, missing).sum())
    return f"no training video has class {listed}{more}, so none of their {count} videos is right"
