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
    SceneSegmentConfig,
    SegmentConfig,
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
    "segment": SegmentConfig,
    "scene_segment": SceneSegmentConfig,
    "scene_instances": SceneInstancesConfig,
}

AnyEncoderConfig = Annotated[
    EncoderConfig, Chosen(plugins.ENCODERS, ENCODER_CONFIGS, EncoderConfig, "pstnet")
]
AnyObjectiveConfig = Annotated[
    ObjectiveConfig, Chosen(plugins.OBJECTIVES, OBJECTIVE_CONFIGS, ObjectiveConfig, "pointcpsc")
]
