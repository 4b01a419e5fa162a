"""Objectives: what an encoder is trained for, one a file."""

from __future__ import annotations

from pcv.config import Recipe
from pcv.encoders.pstnet import PSTNet
from pcv.objectives.classify import Classify
from pcv.objectives.pointcpsc import PointCPSC

OBJECTIVES: dict[str, type[PointCPSC] | type[Classify]] = {
    "pointcpsc": PointCPSC,
    "classify": Classify,
}


def build_objective(recipe: Recipe, encoder: PSTNet, *, classes: int) -> PointCPSC | Classify:
    """Build the objective that a recipe names around an encoder."""
    data, config = recipe.data, recipe.objective
    if config.name == "pointcpsc":
        return PointCPSC(config, encoder, frames=data.frames, points=data.points)
    return Classify(config, encoder, frames=data.frames, classes=classes)


__all__ = ["OBJECTIVES", "Classify", "PointCPSC", "build_objective"]
