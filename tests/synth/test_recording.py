import pickle

import numpy as np

from pcv.synth.people import FORMATS
from pcv.synth.recording import SyntheticRecording, as_posed


def test_recordings_travel_to_worker_processes() -> None:
    recording = SyntheticRecording(1, 2, 3, 4)
    assert pickle.loads(pickle.dumps(recording)) == recording
    assert as_posed(np.ones((1, 7)), recording).shape == (1, 7)


def test_every_recording_of_a_format_has_a_name_and_a_place_of_its_own() -> None:
    for format in FORMATS.values():
        actions, subjects, trials = (min(most, 7) for most in format.most)
        recordings = [
            SyntheticRecording(action, subject, trial, 0)
            for action in range(actions)
            for subject in range(1, subjects + 1)
            for trial in range(1, trials + 1)
        ]
        for tell in (format.name, format.path):
            assert len({tell(recording) for recording in recordings}) == len(recordings)
