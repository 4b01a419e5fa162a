from pathlib import Path

import numpy as np

from pcv.data.raw.ntu import NAME, NtuRgbd
from pcv.synth.body import capsules, draw_person
from pcv.synth.formats.ntu import NTU
from pcv.synth.motions import ACTIONS
from pcv.synth.people import synthesise_people
from pcv.synth.recording import SyntheticRecording


def test_recordings_are_genuine(tmp_path: Path) -> None:
    assert synthesise_people(tmp_path, format="ntu", actions=1, subjects=3, trials=1) == 3
    reader = NtuRgbd()
    videos = reader.list_videos(tmp_path)
    assert [video.split for video in videos] == ["train", "train", "test"]
    points = reader.read_video(videos[0]).frames[5]
    assert 3000 < len(points) < 60_000
    assert 1.5 < np.median(points[:, 2]) < 4
    assert synthesise_people(tmp_path, format="ntu", actions=1, subjects=3, trials=1) == 3


def test_another_camera_turns_the_person() -> None:
    shapes = capsules(draw_person(np.random.default_rng(0)), ACTIONS[0](0.5))
    seen = [NTU.pose(shapes, SyntheticRecording(0, 1, trial, 0)) for trial in (1, 2, 3)]
    np.testing.assert_allclose(seen[0], shapes)
    for one in seen[1:]:
        assert np.abs(one - shapes).max() > 0.1
        np.testing.assert_allclose(one[:, [1, 4, 6]], shapes[:, [1, 4, 6]], atol=1e-9)


def test_trials_go_through_cameras_and_replications() -> None:
    names = [NTU.name(SyntheticRecording(0, 2, trial, 0)) for trial in range(1, 7)]
    assert all(NAME.fullmatch(name) for name in names)
    assert {name[4:8] + name[12:16] for name in names} == {
        f"C00{camera}R00{again}" for camera in (1, 2, 3) for again in (1, 2)
    }
