from pathlib import Path

import numpy as np

from pcv.synth.body import capsules, draw_person
from pcv.synth.camera import render_capsules
from pcv.synth.formats.hand import FOREARM, HAND, HAND_ACTIONS, as_hand, hand_split, write_lists
from pcv.synth.formats.shrec import SHREC
from pcv.synth.motions import ACTIONS
from pcv.synth.recording import SyntheticRecording


def test_only_the_right_hand_is_seen_in_every_action() -> None:
    person = draw_person(np.random.default_rng(0))
    for act in ACTIONS[:HAND_ACTIONS]:
        shown = set()
        for t in (0.3, 0.5, 0.7):
            depth, parts = render_capsules(
                as_hand(capsules(person, act(t)), fingers=2), SHREC.camera
            )
            shown |= set(np.unique(parts[parts > 0]) - 1)
            assert depth[np.isfinite(depth)].min(initial=1) > 0.15
        assert HAND in shown
        assert shown <= {HAND, FOREARM}


def test_one_finger_is_thinner_and_a_third_of_the_subjects_test() -> None:
    shapes = capsules(draw_person(np.random.default_rng(0)), ACTIONS[0](0.5))
    thin, whole = (as_hand(shapes, fingers=n)[HAND, 6] for n in (1, 2))
    assert thin < 0.6 * whole
    splits = [hand_split(SyntheticRecording(0, subject, 1, 0)) for subject in range(1, 7)]
    assert splits == ["train", "train", "test"] * 2


def test_each_split_has_a_list(tmp_path: Path) -> None:
    names = {"train": "a.txt", "test": "b.txt"}
    recordings = [SyntheticRecording(0, subject, 1, 0) for subject in range(1, 5)]
    write_lists(tmp_path, names, recordings, lambda recording: f"{recording.subject}\n")
    assert (tmp_path / "a.txt").read_text() == "1\n2\n4\n"
    assert (tmp_path / "b.txt").read_text() == "3\n"
