"""How well Gaussians draw views that nobody trained on, and what copying the nearest would give."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pcv.clip import ClipBatch, Views
from pcv.nn.mode import evaluating
from pcv.objectives.gaussiancross import Drawn, GaussianCross
from pcv.train.device import device_of, to_device


class NovelViews(NamedTuple):
    """One scene: its cloud, the views that test, and those that trained."""

    batch: ClipBatch  # of one clip; its views are those held out
    known: Views  # (1, U, ...), in the same world as ``real``
    real: Views  # the held-out views again, as recorded


@torch.no_grad()
def draw_views(objective: GaussianCross, batch: ClipBatch) -> Drawn:
    """Draw the views of a batch from all its points, the objective in eval mode meanwhile."""
    with evaluating(objective):
        drawn = objective.draw(to_device(batch, device_of(objective)))
    images = {name: part.cpu() for name, part in drawn._asdict().items() if name != "share"}
    return drawn._replace(**images)


def score_views(objective: GaussianCross, scenes: list[NovelViews]) -> dict[str, float]:
    """Average over all held-out views of scenes.

    Returns:
        ``psnr`` (dB) and ``depth_l1`` (metres, where the sensor measured) of what is drawn;
        ``nearest_psnr`` and ``nearest_depth_l1`` of the training view whose camera is nearest,
        taken as it is (depth: where both measured); ``views``: how many there are.
    """
    found: dict[str, list[float]] = {}
    for scene in scenes:
        drawn, real = draw_views(objective, scene.batch), scene.real
        nearest = nearest_views(real.world_to_camera[0], scene.known.world_to_camera[0])
        copied = scene.known.depth[0][nearest]
        rows = {
            "psnr": psnr(drawn.colour[0], real.colour[0]),
            "depth_l1": depth_l1(drawn.depth[0], real.depth[0], drawn.alpha[0] > 0),
            "nearest_psnr": psnr(scene.known.colour[0][nearest], real.colour[0]),
            "nearest_depth_l1": depth_l1(copied, real.depth[0], copied > 0),
        }
        for name, values in rows.items():
            found.setdefault(name, []).extend(values.tolist())
    count = len(found.get("psnr", ()))
    means = {n: float(torch.tensor(v).nanmean()) for n, v in found.items()}
    return means | {"views": float(count)} if count else {}


def psnr(image: Tensor, wanted: Tensor) -> Tensor:  # (V, H, W, 3) -> (V,)
    """Peak signal-to-noise ratio in dB of images from 0 to 1."""
    error = (image - wanted).square().flatten(1).mean(1)
    return -10 * error.clamp(min=1e-10).log10()


def depth_l1(depth: Tensor, wanted: Tensor, drawn: Tensor) -> Tensor:  # (V, H, W) -> (V,)
    """Mean absolute error where both are known; NaN where that is nowhere."""
    known = (wanted > 0) & drawn
    return ((depth - wanted).abs() * known).flatten(1).sum(1) / known.flatten(1).sum(1)


def nearest_views(asked: Tensor, known: Tensor) -> Tensor:  # (V, 4, 4), (U, 4, 4) -> (V,) int64
    """Return the camera whose place (metres) and viewing direction (radians) are nearest, summed.

    Raises:
        ValueError: None is known.
    """
    if not len(known):
        raise ValueError("no view to copy")
    here, there = (-(m[:, :3, :3].transpose(1, 2) @ m[:, :3, 3:])[..., 0] for m in (asked, known))
    cosine = (asked[:, None, 2, :3] * known[None, :, 2, :3]).sum(-1).clamp(-1, 1)
    return (torch.cdist(here, there) + cosine.acos()).argmin(1)
