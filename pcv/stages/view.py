"""``pcv view``: what a run draws or says, beside what is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from pcv.data.splits import split_videos
from pcv.data.store.store import Store, open_store
from pcv.errors import InputError
from pcv.evaluate.novel_views import draw_views, score_views
from pcv.objectives import GaussianCross
from pcv.report.pictures import (
    PictureColumn,
    colour_picture,
    depth_picture,
    principal_pictures,
    write_columns,
)
from pcv.stages.job import load_run, read_run
from pcv.stages.scoring.novel_views import novel_views
from pcv.stages.view_rooms import view_rooms

PIXELS = 240  # rows that a small picture is enlarged to, about


def view(
    run: Path, out: Path, *, store: Path | None = None, scene: str | None = None, views: int = 4
) -> dict[str, Any]:
    """Draw held-out views of one scene beside the real ones, or rooms beside their true labels.

    Args:
        run: Run folder of a GaussianCross pretraining, or of one finetuned to label rooms.
        out: PNG to write.
        store: None: the one it was trained on.
        scene: Name of a recording; None: the first that has views held out, or rooms that test.
        views: At most so many, or so many rooms.

    Returns:
        JSON-able: the scene, the frames shown, and the scores of all its held-out views; or what
        ``view_rooms`` says.

    Raises:
        InputError: Another kind of run, no such scene, or none with held-out views.
    """
    if out.suffix.lower() != ".png":
        raise InputError(f"{out}: pictures are written as .png")
    recipe, stored = read_run(run)
    if recipe.stage == "finetune" and recipe.objective.name in ("scene_segment", "scene_instances"):
        return view_rooms(run, recipe, store or stored, out, scene=scene, most=views)
    if recipe.objective.name != "gaussiancross":
        kind = recipe.objective.name
        raise InputError(f"{run}: a run of {kind}; pcv view draws gaussiancross and scene runs")
    opened = open_store(store or stored, recipe.data.dataset)
    objective = load_run(run, recipe, classes=0)
    assert isinstance(objective, GaussianCross)
    split = split_videos(opened, recipe.train, labelled=False)
    number = _scene(opened, scene, [*split.test, *split.validation, *split.train])
    found = novel_views(opened, np.array([number]), recipe)
    if not found:
        raise InputError(f"{opened.path}: {opened.videos.name[number]} has no view held out")
    drawn, real = draw_views(objective, found[0].batch), found[0].real
    frames = real.frame[0].tolist() if real.frame is not None else []
    shown = slice(0, views)
    known = real.depth[0][real.depth[0] > 0]
    low, high = (float(known.quantile(q)) if len(known) else 0.0 for q in (0.01, 0.99))

    def depths(values: torch.Tensor) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
        return [depth_picture(each, low, high) for each in values[0, shown].numpy()]

    def colours(values: torch.Tensor) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
        return [colour_picture(each) for each in values[0, shown].numpy()]

    columns = [
        PictureColumn("real", colours(real.colour)),
        PictureColumn("drawn", colours(drawn.colour)),
        PictureColumn("real depth", depths(real.depth)),
        PictureColumn("drawn depth", depths(drawn.depth)),
        PictureColumn("drawn features", principal_pictures(drawn.feature[0].numpy())[shown]),
    ]
    enlarge = max(1, round(PIXELS / real.depth.shape[2]))
    write_columns(out, columns, enlarge=enlarge)
    return {
        "run": str(run),
        "scene": opened.videos.name[number],
        "frames": frames[:views],
        **score_views(objective, found),
        "picture": str(out),
    }


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
