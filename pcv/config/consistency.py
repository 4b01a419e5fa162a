"""What goes together in recipes, which no section can check by itself."""

from __future__ import annotations

from pcv.config.encoder import EncoderConfig
from pcv.config.objective import ObjectiveConfig
from pcv.config.registry import ENCODERS, OBJECTIVES


def check_stage(stage: str, objective: ObjectiveConfig) -> None:
    """Check that a stage that trains has an objective of its own.

    Raises:
        ValueError: It has another stage's.
    """
    if stage == "probe" or objective.stage == stage:
        return
    names = " or ".join(name for name, kind in OBJECTIVES.items() if kind.stage == stage)
    raise ValueError(f"objective.name must be {names} when stage is {stage}")


def check_scenes(encoder: EncoderConfig, objective: ObjectiveConfig, points: int) -> None:
    """Check that an encoder serves an objective, and that clips have points enough for it.

    Raises:
        ValueError: They do not go together.
    """
    name, needs = objective.name, objective.needs
    if needs not in encoder.offers:
        able = " or ".join(own for own, kind in ENCODERS.items() if needs in kind.offers)
        raise ValueError(
            f"encoder.name must be {able} when objective.name is {name}: "
            f"{encoder.name} does not serve objective {name}"
        )
    if needs == "clips":
        encoder.check_clips(name)
    objective.check_encoder(encoder)
    objective.check_points(points)


def check_mixed(chance: float, stage: str, objective: ObjectiveConfig, views: int) -> None:
    """Check that only labelled scenes are merged, and none that has posed images.

    Raises:
        ValueError: Others are.
    """
    if not chance:
        return
    if stage != "finetune" or objective.task not in ("rooms", "objects"):
        raise ValueError("augment.mix is for finetuning with scene_segment or scene_instances")
    if views:
        raise ValueError("augment.mix must be 0 when data.views is not: no camera sees two scenes")


def check_voted(stage: str, encoder: EncoderConfig, objective: ObjectiveConfig) -> None:
    """Check that what is scored in several passes are the points of scenes.

    Raises:
        ValueError: Something else is.
    """
    probes = stage == "probe" and encoder.scenes
    if not probes and (stage != "finetune" or objective.task != "rooms"):
        raise ValueError("eval is for finetuning with scene_segment and for probes of scenes")
