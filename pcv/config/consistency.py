"""What goes together in recipes of scenes, which no section can check by itself."""

from __future__ import annotations

from pcv.config.encoder import AnyEncoderConfig, SerialConfig, SparseUNetConfig
from pcv.config.objective import AnyObjectiveConfig, GaussianCrossConfig, PointCSPConfig

OF_SCENES = ("pointcsp", "scene_segment", "scene_instances")  # encoders of scenes alone serve these


def check_scenes(encoder: AnyEncoderConfig, objective: AnyObjectiveConfig, points: int) -> None:
    """Check which encoder serves which objective, and that its views have points enough.

    Raises:
        ValueError: They do not go together.
    """
    name = objective.name
    if isinstance(encoder, SparseUNetConfig) or name == "gaussiancross":
        _check_voxels(encoder, objective)
        return
    if name in OF_SCENES and not isinstance(encoder, SerialConfig):
        raise ValueError(f"encoder.name must be serial when objective.name is {name}")
    inputs = getattr(encoder, "inputs", ("xyz",))
    if name not in OF_SCENES and inputs != ("xyz",):
        raise ValueError(f"encoder.inputs must be [xyz] when objective.name is {name}")
    if isinstance(objective, PointCSPConfig):
        objective.check_points(points)


def check_views(objective: AnyObjectiveConfig, views: int, teacher: str | None) -> None:
    """Check that an objective that draws views is given some, and its teacher's features.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(objective, GaussianCrossConfig):
        return
    if not views:
        raise ValueError("data.views must be positive when objective is gaussiancross")
    if (objective.teacher == "cached") != (teacher is not None):
        raise ValueError("data.teacher goes with objective.teacher cached and only with it")


def check_mixed(chance: float, stage: str, objective: AnyObjectiveConfig, views: int) -> None:
    """Check that only labelled scenes are merged, and none that has posed images.

    Raises:
        ValueError: Others are.
    """
    if not chance:
        return
    if stage != "finetune" or objective.name not in ("scene_segment", "scene_instances"):
        raise ValueError("augment.mix is for finetuning with scene_segment or scene_instances")
    if views:
        raise ValueError("augment.mix must be 0 when data.views is not: no camera sees two scenes")


def check_voted(stage: str, encoder: AnyEncoderConfig, objective: AnyObjectiveConfig) -> None:
    """Check that what is scored in several passes are the points of scenes.

    Raises:
        ValueError: Something else is.
    """
    probes = stage == "probe" and isinstance(encoder, SerialConfig | SparseUNetConfig)
    if not probes and (stage != "finetune" or objective.name != "scene_segment"):
        raise ValueError("eval is for finetuning with scene_segment and for probes of scenes")


def _check_voxels(encoder: AnyEncoderConfig, objective: AnyObjectiveConfig) -> None:
    name = objective.name
    if not isinstance(encoder, SparseUNetConfig):
        raise ValueError(f"encoder.name must be sparseunet when objective is {name}")  # noqa: TRY004
    if name not in ("gaussiancross", "scene_segment", "scene_instances"):
        raise ValueError(f"encoder sparseunet does not serve objective {name}")
    if getattr(objective, "preserve_weight", 0):
        raise ValueError("objective.preserve_weight must be 0: sparseunet reads no sequences")
