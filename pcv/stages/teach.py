"""``pcv teach``: a frozen 2D model's features of a store's views, written to disk once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from pcv.clip import Progress
from pcv.data.resize import shrink_colour
from pcv.data.store import open_store
from pcv.data.teacher_features import finish_features, write_features
from pcv.errors import InputError
from pcv.stages.training import device, silent
from pcv.teacher_models import load_teacher


def teach(
    store: Path,
    out: Path,
    weights: Path,
    *,
    image: tuple[int, int] | None = None,
    progress: Progress = silent,
) -> tuple[int, tuple[int, ...]]:
    """Write the features of every view of a store; see ``pcv.data.teacher_features``.

    Args:
        store: With posed images.
        out: New folder.
        weights: Folder of a model of transformers.
        image: Rows and columns that views are shrunk to first; None: as stored.
        progress: Called after each view.

    Returns:
        How many views, and the shape of each one's features.

    Raises:
        InputError: No posed images, ``out`` holds something, or ``weights`` no model.
    """
    opened = open_store(store)
    if opened.views is None:
        raise InputError(f"{store}: holds no posed images; pcv prepare rgbd does")
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: not empty; give a new folder")
    model = load_teacher(weights, device())
    out.mkdir(parents=True, exist_ok=True)
    done, total, shape = 0, int(opened.views.count.sum()), ()
    for video, name in enumerate(opened.videos.name):
        for number in range(int(opened.views.count[video])):
            found = opened.views.read(video, np.array([number]))
            colour = found.colour[0].astype(np.float32)
            if image is not None:
                colour = shrink_colour(found.colour[0], image).astype(np.float32)
            feature = model(torch.from_numpy(colour)[None] / 255)[0].numpy()
            write_features(out, name, int(found.frame[0, 0]), feature)
            done, shape = done + 1, feature.shape
            progress(done, total, name)
    finish_features(out, weights.resolve().name, shape)
    return done, shape
