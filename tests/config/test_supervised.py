import pytest

from pcv.config.objective import Halves
from pcv.config.supervised import ClassifyConfig, SceneSegmentationConfig, SegmentationConfig


def test_a_clip_is_encoded_whole_or_in_segments() -> None:
    assert ClassifyConfig(segment_frames=4).segment_length(24) == 4
    assert ClassifyConfig(segment_frames=0).segment_length(24) == 24
    assert SegmentationConfig().segment_length(3) == 3


def test_frames_are_cut_as_the_keys_say() -> None:
    assert SegmentationConfig(halves="x", overlap=0.5).cut() == Halves("x", 0.5)


def test_class_weights_are_one_for_each_class() -> None:
    for config in (
        SegmentationConfig(class_weights=(1.0, 2.0)),
        SceneSegmentationConfig(name="scene_segment", class_weights=(1.0, 2.0)),
    ):
        config.check_labels(2)
        with pytest.raises(ValueError, match="class_weights: 2 weights, but the store has 3"):
            config.check_labels(3)
    SegmentationConfig().check_labels(3)
