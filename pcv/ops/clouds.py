"""What ops over clouds of points ask of their inputs."""

from __future__ import annotations

import torch
from torch import Tensor


def check_clouds(points: Tensor, name: str, others: Tensor) -> None:
    """Check points (B, N, 3) and what is looked for among them, (B, M, 3), both float32.

    Args:
        points: The clouds.
        name: Of ``others``, in the plural, for the error.
        others: As many sets as there are clouds.

    Raises:
        ValueError: Shapes or types disagree.
    """
    for said, value in (("points", points), (name, others)):
        if value.dim() != 3 or value.shape[2] != 3 or value.dtype != torch.float32:
            raise ValueError(
                f"{said} must be (B, n, 3) float32, found {tuple(value.shape)} {value.dtype}"
            )
    if points.shape[0] != others.shape[0]:
        raise ValueError(f"{points.shape[0]} clouds but {others.shape[0]} sets of {name}")
