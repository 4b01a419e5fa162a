from pcv.data.raw.msr import NAME
from pcv.synth.formats.msr import MSR
from pcv.synth.recording import SyntheticRecording


def test_names_are_those_of_the_dataset() -> None:
    recording = SyntheticRecording(0, 5, 2, 0)
    assert MSR.name(recording) == "a01_s05_e02"
    assert NAME.fullmatch(MSR.path(recording))
