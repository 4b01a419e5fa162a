from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.shrec import Shrec17
from pcv.synth.formats.shrec import SHREC
from pcv.synth.people import synthesise_people
from pcv.synth.recording import SyntheticRecording


def test_recordings_and_lists_are_genuine(tmp_path: Path) -> None:
    assert synthesise_people(tmp_path, format="shrec", actions=1, subjects=3, trials=2) == 6
    reader = Shrec17(classes=28)
    videos = reader.list_videos(tmp_path)
    assert [(video.label, video.split) for video in videos] == [
        (0, "train"), (0, "train"), (0, "test"), (1, "train"), (1, "train"), (1, "test"),
    ]  # fmt: skip
    points = reader.read_video(videos[0]).frames[16]
    assert len(points) > 200
    assert 0.2 < np.median(points[:, 2]) < 0.8


@pytest.mark.parametrize(
    ("trial", "below"), [(1, "finger_1/subject_4/essai_1"), (4, "finger_2/subject_4/essai_2")]
)
def test_trials_go_through_fingers_first(trial: int, below: str) -> None:
    assert SHREC.path(SyntheticRecording(2, 4, trial, 0)) == f"gesture_3/{below}"
