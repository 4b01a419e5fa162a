"""MSRAction-3D: one file of raw depth per recording."""

from __future__ import annotations

from pcv.data.raw.msr import write_depth
from pcv.synth.camera import PinholeCamera, sense_by_disparity
from pcv.synth.recording import Format, SyntheticRecording, as_posed, nothing_beside


def _name(recording: SyntheticRecording) -> str:
    return f"a{recording.action + 1:02}_s{recording.subject:02}_e{recording.trial:02}"


MSR = Format(
    camera=PinholeCamera(320, 240, (280.0, 280.0), (160.0, 120.0)),
    most=(20, 10, 99),
    name=_name,
    path=lambda recording: f"{_name(recording)}_sdepth.bin",
    pose=as_posed,
    sense=sense_by_disparity,
    write=write_depth,
    finish=nothing_beside,
)
