import pytest

from pcv.config.pretexts import GaussianCrossConfig, PointCPSCConfig, PointCSPConfig


def test_subjects_are_asked_for_where_they_decide() -> None:
    assert not PointCPSCConfig().asks_for_subjects
    assert PointCPSCConfig(negative_subjects="same").asks_for_subjects
    assert PointCPSCConfig(neighbour_subjects="other").asks_for_subjects


def test_segments_are_encoded_one_by_one_where_there_are_some() -> None:
    assert PointCPSCConfig(segment_frames=6).segment_length(24) == 6
    assert PointCSPConfig(name="pointcsp").segment_length(1) == 1


def test_a_teacher_of_another_width_is_refused() -> None:
    config = GaussianCrossConfig(name="gaussiancross", teacher="cached", teacher_channels=8)
    config.check_teacher(8)
    with pytest.raises(ValueError, match=r"of 7 channels, but objective\.teacher_channels is 8"):
        config.check_teacher(7)
