"""The held-out views of a store's scenes, which a pretrained run draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pcv.clip import ClipBatch
from pcv.config.recipe import Recipe
from pcv.data.dataset import batch_views, collate
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.scenes.views import ViewSource
from pcv.data.store.store import Store
from pcv.errors import InputError
from pcv.evaluate.novel_views import NovelViews


def novel_views(
    store: Store,
    scenes: NDArray[np.int64],  # (n,) rows of the store
    recipe: Recipe,
) -> list[NovelViews]:
    """Open the scenes that have held-out views and training views to compare them with.

    The cloud of a scene is its first ``data.points`` points, which are its farthest points.

    Raises:
        InputError: The store holds videos, or no posed images.
    """
    if store.ordered is None or store.views is None:
        raise InputError(f"{store.path}: holds no scenes with posed images; pcv prepare rgbd does")
    found = []
    for scene in map(int, scenes):
        every = recipe.data.held_out_views or store.views.held_out
        held = store.views.numbers(scene, held_out=True, every=every)
        known = store.views.numbers(scene, held_out=False, every=every)
        if len(held) and len(known):
            found.append(_open(store, scene, recipe, held, known))
    return found


def _open(
    store: Store, scene: int, recipe: Recipe, held: NDArray[np.int64], known: NDArray[np.int64]
) -> NovelViews:
    whole = int(store.videos.sizes[scene])
    data = recipe.data.model_copy(update={"views": len(held), "points": whole})
    clips = SceneDataset(store, [scene], data, seed=recipe.train.seed)
    batch = first_points(collate([clips[0, 0]]), recipe.data.points)
    source = ViewSource(store, data, training=False, seed=recipe.train.seed)
    seen, real = (
        batch_views([source.read(scene, numbers, np.eye(4))]) for numbers in (known, held)
    )
    assert seen is not None
    assert real is not None
    return NovelViews(batch, seen, real)


def first_points(batch: ClipBatch, count: int) -> ClipBatch:
    """Keep the first points of every frame, with all their columns."""
    fewer: dict[str, Any] = {
        name: value[:, :, :count]
        for name, value in batch._asdict().items()
        if isinstance(value, torch.Tensor) and value.ndim >= 3
    }
    return batch._replace(**fewer)
