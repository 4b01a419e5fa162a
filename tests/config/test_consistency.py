"""Which encoder serves which objective."""

import pytest

from pcv.config.consistency import check_encoder_serves, check_mixed, check_stage, check_voted
from pcv.config.encoder import PSTNetConfig, SerialConfig, SparseUNetConfig
from pcv.config.pretexts import GaussianCrossConfig, PointCPSCConfig, PointCSPConfig
from pcv.config.scoring import EvalConfig
from pcv.config.supervised import ClassifyConfig, SceneInstancesConfig, SceneSegmentationConfig

VOXELS, SERIAL = SparseUNetConfig(name="sparseunet"), SerialConfig(name="serial")
SPLAT = GaussianCrossConfig(name="gaussiancross")
SEGMENT = SceneSegmentationConfig(name="scene_segment")
ALONE = SceneSegmentationConfig(name="scene_segment", preserve_weight=0.0)


@pytest.mark.parametrize(
    ("encoder", "objective"),
    [
        (VOXELS, SPLAT), (VOXELS, ALONE), (SERIAL, SEGMENT), (PSTNetConfig(), PointCPSCConfig()),
        (VOXELS, SceneInstancesConfig(name="scene_instances")),
    ],
)  # fmt: skip
def test_what_goes_together(encoder, objective):
    check_encoder_serves(encoder, objective, 4096)


@pytest.mark.parametrize(
    ("encoder", "objective", "why"),
    [
        (PSTNetConfig(), SPLAT, "must be sparseunet"),
        (VOXELS, PointCPSCConfig(), "does not serve objective pointcpsc"),
        (VOXELS, SEGMENT, "preserve_weight must be 0"),
        (PSTNetConfig(), SEGMENT, "must be serial"),
        (SERIAL, PointCPSCConfig(), r"must be \[xyz\]"),
        (SERIAL, PointCSPConfig(name="pointcsp"), "is too small"),
    ],
)
def test_what_does_not(encoder, objective, why):
    with pytest.raises(ValueError, match=why):
        check_encoder_serves(encoder, objective, 64)


def test_drawing_needs_views_and_their_teacher():
    SPLAT.check_views(2, None)
    PointCPSCConfig().check_views(0, None)
    with pytest.raises(ValueError, match="views must be positive"):
        SPLAT.check_views(0, None)
    with pytest.raises(ValueError, match="cached, and only then"):
        SPLAT.check_views(2, "features")


def test_only_labelled_scenes_are_merged():
    check_mixed(0.0, "pretrain", SPLAT, 2)
    check_mixed(0.8, "finetune", ALONE, 0)
    for stage, objective in (("pretrain", SPLAT), ("probe", ALONE), ("finetune", ClassifyConfig())):
        with pytest.raises(ValueError, match="scene_segment or scene_instances"):
            check_mixed(0.8, stage, objective, 0)
    with pytest.raises(ValueError, match="cannot see two merged scenes"):
        check_mixed(0.8, "finetune", ALONE, 2)


def test_only_videos_and_points_of_scenes_are_voted_on():
    turned, drawn = EvalConfig(turns=4), EvalConfig(draws=2, intervals=(1, 2), scales=(0.95, 1.0))
    check_voted("finetune", SERIAL, SEGMENT, turned)
    check_voted("probe", VOXELS, PointCPSCConfig(), turned)
    check_voted("finetune", PSTNetConfig(), ClassifyConfig(), drawn)
    for stage, encoder, objective in (
        ("pretrain", VOXELS, SPLAT), ("probe", PSTNetConfig(), PointCPSCConfig()),
        ("finetune", VOXELS, SceneInstancesConfig(name="scene_instances")),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="eval is for"):
            check_voted(stage, encoder, objective, turned)


def test_passes_of_videos_and_of_scenes_have_keys_of_their_own():
    for passes in (EvalConfig(turns=4), EvalConfig(mirror=True)):
        with pytest.raises(ValueError, match=r"eval\.turns must be 1 and eval\.mirror false"):
            check_voted("finetune", PSTNetConfig(), ClassifyConfig(), passes)
    for passes in (EvalConfig(draws=1), EvalConfig(intervals=(2,))):
        with pytest.raises(ValueError, match=r"eval\.draws must be 0 and eval\.intervals empty"):
            check_voted("finetune", SERIAL, SEGMENT, passes)


def test_a_stage_trains_its_own_objectives():
    check_stage("pretrain", SPLAT)
    check_stage("finetune", SEGMENT)
    check_stage("probe", SEGMENT)
    with pytest.raises(ValueError, match="must be classify or segment or scene_segment or scene_i"):
        check_stage("finetune", SPLAT)
    with pytest.raises(ValueError, match="must be pointcpsc or pointcsp or gaussiancross"):
        check_stage("pretrain", SEGMENT)
