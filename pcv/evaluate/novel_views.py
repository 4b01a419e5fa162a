"""Scoring how well Gaussians draw held-out views, against copying the nearest training view."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pcv.clip import ClipBatch, Views
from pcv.nn.mode import evaluating
from pcv.objectives.gaussiancross import Drawn, GaussianCross
from pcv.train.device import device_of, to_device


class NovelViews(NamedTuple):
    """One scene: its cloud, the held-out views, and the training views."""

    batch: ClipBatch  # one clip, whose views are the held-out ones
    known: Views  # (1, U, ...) training views, in the same world as ``real``
    real: Views  # (1, V, ...) the held-out views again, as recorded


@torch.no_grad()
def draw_views(objective: GaussianCross, batch: ClipBatch) -> Drawn:
    """Draw the views of a batch from all its points, the objective in eval mode meanwhile."""
    with evaluating(objective):
        drawn = objective.draw(to_device(batch, device_of(objective)))
    images = {name: part.cpu() for name, part in drawn._asdict().items() if name != "share"}
    return drawn._replace(**images)


def score_views(objective: GaussianCross, scenes: list[NovelViews]) -> dict[str, float]:
    """Average scores over all held-out views of all scenes.

    Returns:
        ``psnr`` (dB) and ``depth_l1`` (metres, where the sensor measured) of the drawn images;
        ``nearest_psnr`` and ``nearest_depth_l1`` of the unchanged training view whose camera is
        nearest (its depth counts where both views have one); ``views``, the number of views.
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


def psnr(
    image: Tensor,  # (V, H, W, 3)
    wanted: Tensor,  # (V, H, W, 3)
) -> Tensor:  # (V,)
    """Return the peak signal-to-noise ratio, in dB, of images with values from 0 to 1."""
    error = (image - wanted).square().flatten(1).mean(1)
    return -10 * error.clamp(min=1e-10).log10()


def depth_l1(
    depth: Tensor,  # (V, H, W)
    wanted: Tensor,  # (V, H, W), 0: none
    drawn: Tensor,  # (V, H, W) bool, where ``depth`` is known
) -> Tensor:  # (V,)
    """Return the mean absolute error where both depths are known; NaN where they never are."""
    known = (wanted > 0) & drawn
    return ((depth - wanted).abs() * known).flatten(1).sum(1) / known.flatten(1).sum(1)


def nearest_views(
    asked: Tensor,  # (V, 4, 4) world to camera
    known: Tensor,  # (U, 4, 4) world to camera
) -> Tensor:  # (V,) int64
    """Return the nearest known camera of each.

    A distance is the sum of the distance of the cameras' positions, in metres, and of the angle
    between their viewing directions, in radians.

    Raises:
        ValueError: No camera is known.
    """
    if not len(known):
        raise ValueError("there is no view to copy")
    here, there = (-(m[:, :3, :3].transpose(1, 2) @ m[:, :3, 3:])[..., 0] for m in (asked, known))
    cosine = (asked[:, None, 2, :3] * known[None, :, 2, :3]).sum(-1).clamp(-1, 1)
    return (torch.cdist(here, there) + cosine.acos()).argmin(1)
