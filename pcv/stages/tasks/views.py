"""The held-out views of rooms, which a pretrained run draws to compare them with real images."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pcv.clip import Views
from pcv.config.recipe import Recipe
from pcv.data.splits import Split, split_videos
from pcv.data.store.store import Store
from pcv.errors import InputError
from pcv.evaluate.novel_views import draw_views, score_views
from pcv.objectives.gaussiancross import Drawn
from pcv.progress import Progress
from pcv.report.pictures import (
    PictureColumn,
    colour_picture,
    depth_picture,
    principal_pictures,
    write_columns,
)
from pcv.stages.finished import FinishedRun
from pcv.stages.scoring.novel_views import novel_views
from pcv.stages.scoring.scores import Asked, Scores
from pcv.stages.tasks.task import Picture, Task, Trained

PIXELS = 240  # approximate number of rows to which small pictures are enlarged


class HeldOutViews(Task):
    """Images that were not trained on are drawn from the points."""

    def scored(self, split: Split, recipe: Recipe) -> NDArray[np.int64]:
        """Return the rows (n,) of the test scenes, or of the training scenes if there are none."""
        return split.test if len(split.test) else split.train

    def score(self, objective: Trained, asked: Asked, progress: Progress | None = None) -> Scores:
        """Return how close the drawn images are to the real ones; see ``Task``.

        Without held-out views there are no scores.
        """
        return Scores(score_views(objective, novel_views(*asked)))

    def draw(self, run: FinishedRun, picture: Picture) -> dict[str, Any]:
        """Draw the held-out views of one scene beside the real ones; see ``Task``."""
        opened, recipe = run.open_store(picture.store), run.recipe
        objective: Trained = run.objective(classes=0)
        split = split_videos(opened, recipe.train, labelled=False)
        order = [*split.test, *split.validation, *split.train]
        number = _scene(opened, picture.scene, order)
        found = novel_views(opened, np.array([number]), recipe)
        if not found:
            raise InputError(f"{opened.path}: {opened.videos.name[number]} has no held-out view")
        drawn, real = draw_views(objective, found[0].batch), found[0].real
        frames = real.frame[0].tolist() if real.frame is not None else []
        enlarge = max(1, round(PIXELS / real.depth.shape[2]))
        columns = _columns(real, drawn, slice(0, picture.most))
        write_columns(picture.path, columns, enlarge=enlarge)
        return {
            "run": str(run.path),
            "scene": opened.videos.name[number],
            "frames": frames[: picture.most],
            **score_views(objective, found),
            "picture": str(picture.path),
        }


def _columns(real: Views, drawn: Drawn, shown: slice) -> list[PictureColumn]:
    known = real.depth[0][real.depth[0] > 0]
    low, high = (float(known.quantile(q)) if len(known) else 0.0 for q in (0.01, 0.99))

    def depths(values: torch.Tensor) -> list[NDArray[np.uint8]]:
        return [depth_picture(each, low, high) for each in values[0, shown].numpy()]

    def colours(values: torch.Tensor) -> list[NDArray[np.uint8]]:
        return [colour_picture(each) for each in values[0, shown].numpy()]

    return [
        PictureColumn("real", colours(real.colour)),
        PictureColumn("drawn", colours(drawn.colour)),
        PictureColumn("real depth", depths(real.depth)),
        PictureColumn("drawn depth", depths(drawn.depth)),
        PictureColumn("drawn features", principal_pictures(drawn.feature[0].numpy())[shown]),
    ]


def _scene(store: Store, name: str | None, order: list[int]) -> int:
    if name is not None:
        if name not in store.videos.name:
            known = ", ".join(store.videos.name[:10])
            raise InputError(f"{store.path}: no recording {name} (the first: {known})")
        return store.videos.name.index(name)
    for number in map(int, order):
        if store.views is not None and store.views.count[number]:
            return number
    raise InputError(f"{store.path}: no recording has posed images")
