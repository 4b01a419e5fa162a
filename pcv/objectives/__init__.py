"""Objectives: what an encoder is trained for, one a file."""

from __future__ import annotations

from pcv.config import Recipe
from pcv.encoders.encoder import Encoder
from pcv.objectives.classify import Classify
from pcv.objectives.pointcpsc import PointCPSC
from pcv.objectives.segment import Segment

OBJECTIVES: dict[str, type[PointCPSC] | type[Classify] | type[Segment]] = {
    "pointcpsc": PointCPSC,
    "classify": Classify,
    "segment": Segment,
}


def build_objective(
    recipe: Recipe, encoder: Encoder, *, classes: int
) -> PointCPSC | Classify | Segment:
    """Build the objective that a recipe names around an encoder."""
    data, config = recipe.data, recipe.objective
    if config.name == "pointcpsc":
        return PointCPSC(config, encoder, frames=data.frames, points=data.points)
    if config.name == "segment":
        return Segment(config, encoder, classes=classes)
    return Classify(config, encoder, frames=data.frames, classes=classes)


__all__ = ["OBJECTIVES", "Classify", "PointCPSC", "Segment", "build_objective"]
