"""``pcv teach``: a frozen 2D model's features of a store's views, written to disk once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pcv.data.resize import shrink_colour
from pcv.data.scenes.teacher_features import (
    begin_features,
    finish_features,
    write_features,
    written_shape,
)
from pcv.data.store.store import open_store
from pcv.errors import InputError
from pcv.nn.image_teachers import ImageTeacher, load_image_teacher
from pcv.progress import Progress, silent
from pcv.train.device import device


def teach(
    store: Path,
    out: Path,
    weights: Path,
    *,
    image: tuple[int, int] | None = None,
    progress: Progress = silent,
) -> tuple[int, tuple[int, ...]]:
    """Write the features of every view of a store; see ``pcv.data.scenes.teacher_features``.

    It can be stopped at any moment; called again, it writes the features that are missing.

    Args:
        store: A store with posed images.
        out: A new folder, or one that was begun with the same arguments.
        weights: The folder of a model of the package transformers.
        image: Rows and columns to which views are shrunk first; None: they stay as stored.
        progress: Called after each view.

    Returns:
        The number of views, and the shape of the features of one.

    Raises:
        InputError: The store has no posed images, ``out`` holds something else, or ``weights``
            holds no model.
    """
    opened = open_store(store)
    if opened.views is None:
        raise InputError(f"{store}: holds no posed images; pcv prepare rgbd does")
    told = {
        "store": str(store.resolve()),
        "model": str(weights.resolve()),
        "image": image and [*image],
    }
    model = load_image_teacher(weights, device())
    begin_features(out, told)
    done, total, shape = 0, int(opened.views.count.sum()), tuple[int, ...]()
    for video, name in enumerate(opened.videos.name):
        for number in range(int(opened.views.count[video])):
            found = opened.views.read(video, np.array([number]))
            frame = int(found.frame[0, 0])
            known = written_shape(out, name, frame)
            shape = known or _write(model, found.colour[0], image, (out, name, frame))
            done += 1
            progress(done, total, name)
    finish_features(out, weights.resolve().name, shape)
    return done, shape


def _write(
    model: ImageTeacher,
    colour: NDArray[np.uint8],
    image: tuple[int, int] | None,
    where: tuple[Path, str, int],
) -> tuple[int, ...]:
    small = colour if image is None else shrink_colour(colour, image)
    feature = model(torch.from_numpy(small.astype(np.float32))[None] / 255)[0].numpy()
    write_features(*where, feature)
    return tuple(feature.shape)
