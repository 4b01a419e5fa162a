"""Learn from point cloud videos without labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pcv.version import __version__

if TYPE_CHECKING:
    from pcv.stages.pretrained import Pretrained


def from_pretrained(path: str | Path) -> Pretrained:
    """Load a trained model from a run folder, or from a folder that ``pcv export`` wrote.

    Args:
        path: The folder.

    Returns:
        The model on the CPU, in eval mode, with its ``config`` and ``recipe``. It takes clips
        (B, T, N, 3 + F), or regions (B, 1, N, 3 + F) if it was trained on rooms: positions,
        followed by the F values that its ``channels`` name. It returns logits, or superpoints if it
        was only pretrained.

    Raises:
        InputError: A file is missing, damaged or hostile, or the files do not fit each other.
    """
    from pcv.stages.pretrained import from_pretrained as load  # torch takes seconds to import

    return load(Path(path))


__all__ = ["__version__", "from_pretrained"]
