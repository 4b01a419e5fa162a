"""Objectives: what an encoder is trained for, one a file."""

from __future__ import annotations

from pcv.config.recipe import Recipe
from pcv.encoders import SceneEncoder, Serial
from pcv.encoders.encoder import Encoder
from pcv.objectives.classify import Classify
from pcv.objectives.gaussiancross import GaussianCross
from pcv.objectives.pointcpsc import PointCPSC
from pcv.objectives.pointcsp import PointCSP
from pcv.objectives.scene_instances import SceneInstances
from pcv.objectives.scene_segment import SceneSegment
from pcv.objectives.segment import Segment

Objective = (
    PointCPSC | PointCSP | GaussianCross | Classify | Segment | SceneSegment | SceneInstances
)
Supervised = Classify | Segment | SceneSegment | SceneInstances  # those that are scored
OBJECTIVES: dict[str, type[Objective]] = {
    "pointcpsc": PointCPSC,
    "pointcsp": PointCSP,
    "gaussiancross": GaussianCross,
    "classify": Classify,
    "segment": Segment,
    "scene_segment": SceneSegment,
    "scene_instances": SceneInstances,
}


def build_objective(recipe: Recipe, encoder: Encoder, *, classes: int, total: int = 1) -> Objective:
    """Build the objective that a recipe names around an encoder.

    Args:
        recipe: Names it.
        encoder: That it trains.
        classes: How many the store has; of supervised objectives.
        total: Steps of the whole run, for objectives that have schedules of their own.
    """
    data, config = recipe.data, recipe.objective
    if config.name == "pointcpsc":
        return PointCPSC(config, encoder, frames=data.frames, points=data.points)
    if config.name == "segment":
        return Segment(config, encoder, classes=classes)
    if config.name == "classify":
        return Classify(config, encoder, frames=data.frames, classes=classes)
    if config.name == "gaussiancross":
        return GaussianCross(config, encoder)
    if config.name == "pointcsp":
        assert isinstance(encoder, Serial)  # as the recipe's own check has it
        return PointCSP(config, encoder, total=total)
    assert isinstance(encoder, SceneEncoder)
    if config.name == "scene_instances":
        return SceneInstances(config, encoder, classes=classes)
    return SceneSegment(config, encoder, classes=classes, total=total)


__all__ = [
    "OBJECTIVES",
    "Classify",
    "GaussianCross",
    "Objective",
    "PointCPSC",
    "PointCSP",
    "SceneInstances",
    "SceneSegment",
    "Segment",
    "Supervised",
    "build_objective",
]
