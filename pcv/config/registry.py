"""The sections of pcv's own encoders and objectives, by the name that a recipe gives.

A new one needs a line here. Those of other packages are entry points, see ``pcv.plugins``.
"""

from __future__ import annotations

from typing import Annotated

from pcv import plugins
from pcv.config.chosen import Chosen
from pcv.config.encoder import (
    EncoderConfig,
    P4TransformerConfig,
    PSTNetConfig,
    SerialConfig,
    SparseUNetConfig,
)
from pcv.config.objective import ObjectiveConfig
from pcv.config.pretexts import GaussianCrossConfig, PointCPSCConfig, PointCSPConfig
from pcv.config.supervised import (
    ClassifyConfig,
    SceneInstancesConfig,
    SceneSegmentationConfig,
    SegmentationConfig,
)

ENCODER_CONFIGS: dict[str, type[EncoderConfig]] = {
    "pstnet": PSTNetConfig,
    "p4transformer": P4TransformerConfig,
    "serial": SerialConfig,
    "sparseunet": SparseUNetConfig,
}
OBJECTIVE_CONFIGS: dict[str, type[ObjectiveConfig]] = {
    "pointcpsc": PointCPSCConfig,
    "pointcsp": PointCSPConfig,
    "gaussiancross": GaussianCrossConfig,
    "classify": ClassifyConfig,
    "segment": SegmentationConfig,
    "scene_segment": SceneSegmentationConfig,
    "scene_instances": SceneInstancesConfig,
}

ENCODER = Chosen(plugins.ENCODERS, ENCODER_CONFIGS, EncoderConfig, "pstnet")
OBJECTIVE = Chosen(plugins.OBJECTIVES, OBJECTIVE_CONFIGS, ObjectiveConfig, "pointcpsc")
AnyEncoderConfig = Annotated[EncoderConfig, ENCODER]
AnyObjectiveConfig = Annotated[ObjectiveConfig, OBJECTIVE]


def find_encoder(name: str) -> type[EncoderConfig] | None:
    """Return the section of the encoder that has a name; None where there is none.

    Raises:
        PluginError: It is of another package, which is broken, or whose name is taken.
    """
    return ENCODER.model({"name": name})


def find_objective(name: str) -> type[ObjectiveConfig] | None:
    """Return the section of the objective that has a name; None where there is none.

    Raises:
        PluginError: It is of another package, which is broken, or whose name is taken.
    """
    return OBJECTIVE.model({"name": name})
