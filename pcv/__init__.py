"""Learn from point cloud videos without labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pcv.version import __version__

if TYPE_CHECKING:
    from pcv.stages.pretrained import Pretrained


def from_pretrained(path: str | Path) -> Pretrained:
    """Load a trained model from a run folder or from what ``pcv export`` wrote.

    Args:
        path: Folder.

    Returns:
        The model on the CPU, in eval mode, with its ``config`` and ``recipe``; called with clips
        (B, T, N, 3) it returns logits, or superpoints where it was only pretrained. One of rooms
        is called with regions (B, 1, N, 3), what its ``channels`` name appended to every point.

    Raises:
        InputError: A file is missing, damaged or hostile, or does not fit the others.
    """
    from pcv.stages.pretrained import from_pretrained as load  # torch takes seconds to import

    return load(Path(path))


__all__ = ["__version__", "from_pretrained"]
