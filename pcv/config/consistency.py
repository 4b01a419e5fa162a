"""Checks of a recipe that need more than one of its sections."""

from __future__ import annotations

from pcv.config.encoder import EncoderConfig
from pcv.config.objective import ObjectiveConfig
from pcv.config.registry import ENCODER_CONFIGS, OBJECTIVE_CONFIGS
from pcv.config.scoring import EvalConfig


def check_stage(stage: str, objective: ObjectiveConfig) -> None:
    """Check that the objective is one that the stage trains; a probe trains none.

    Raises:
        ValueError: Another stage trains the objective.
    """
    if stage == "probe" or objective.stage == stage:
        return
    names = " or ".join(name for name, kind in OBJECTIVE_CONFIGS.items() if kind.stage == stage)
    raise ValueError(f"objective.name must be {names} when stage is {stage}")


def check_encoder_serves(encoder: EncoderConfig, objective: ObjectiveConfig, points: int) -> None:
    """Check that an encoder serves an objective, and that clips have enough points for it.

    Raises:
        ValueError: The encoder does not serve it, or the clips have too few points.
    """
    name, needs = objective.name, objective.needs
    if needs not in encoder.offers:
        able = " or ".join(own for own, kind in ENCODER_CONFIGS.items() if needs in kind.offers)
        raise ValueError(
            f"encoder.name must be {able} when objective.name is {name}: "
            f"{encoder.name} does not serve objective {name}"
        )
    if needs == "clips":
        encoder.check_clips(name)
    objective.check_encoder(encoder)
    objective.check_points(points)


def check_frames(
    stage: str, encoder: EncoderConfig, objective: ObjectiveConfig, frames: int, length: int
) -> None:
    """Check that clips are long enough, and that an encoder can read the segments of videos.

    Args:
        stage: The stage of work; a probe has no use for the objective.
        encoder: The encoder.
        objective: The objective.
        frames: Frames per clip.
        length: Frames that are encoded together.

    Raises:
        ValueError: The clips are too short, or the segments do not fit the encoder.
    """
    if stage != "probe":
        objective.check_frames(frames)
    try:
        encoder.check_frames(length)
    except ValueError as error:
        section = "probe" if stage == "probe" else "objective"
        raise ValueError(f"data.frames and {section}.segment_frames: {error}") from None


def check_mixed(chance: float, stage: str, objective: ObjectiveConfig, views: int) -> None:
    """Check that only labelled scenes without posed images are merged.

    Raises:
        ValueError: Scenes without labels, or with posed images, would be merged.
    """
    if not chance:
        return
    if stage != "finetune" or objective.task not in ("rooms", "objects"):
        raise ValueError("augment.mix is for finetuning with scene_segment or scene_instances")
    if views:
        raise ValueError(
            "augment.mix must be 0 when data.views is positive: "
            "one camera cannot see two merged scenes"
        )


def check_voted(
    stage: str, encoder: EncoderConfig, objective: ObjectiveConfig, passes: EvalConfig
) -> None:
    """Check that what is scored in several passes are videos or the points of scenes.

    Raises:
        ValueError: Something else is, or keys of the one are set for the other.
    """
    scenes = encoder.scenes if stage == "probe" else objective.task == "rooms"
    videos = stage == "finetune" and objective.task == "videos"
    if (not scenes and not videos) or stage == "pretrain":
        raise ValueError(
            "eval is for finetuning with classify or scene_segment and for probes of scenes"
        )
    if videos and (passes.turns > 1 or passes.mirror):
        raise ValueError("eval.turns must be 1 and eval.mirror false when videos are scored")
    if scenes and (passes.draws or passes.intervals):
        raise ValueError("eval.draws must be 0 and eval.intervals empty when scenes are scored")
