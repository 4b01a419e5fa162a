"""A program's frames are told as the files that hold them, to the bit."""

from pathlib import Path

import numpy as np
import pytest
import torch

import pcv
from pcv.data.raw.kitti import SemanticKitti
from pcv.data.raw.msr import MsrAction3d
from pcv.errors import InputError
from pcv.stages.export import Export, export
from pcv.stages.predict import Wanted, predict
from tests.stages.prediction.test_point_labels import load


@pytest.mark.parametrize("kind", ["numpy", "tensor"])
def test_a_recording_is_told_as_its_file(classified, kind: str) -> None:
    reader = MsrAction3d()
    source = reader.list_videos(classified.raw)[0]
    frames = reader.read_video(source).frames
    given = [torch.from_numpy(np.asarray(f)) if kind == "tensor" else f for f in frames]
    model = pcv.from_pretrained(classified.run)
    found = model.predict(given)
    wanted = predict(classified.run, [classified.raw], wanted=Wanted(top=20))["recordings"][0]
    assert wanted["recording"] == source.name
    assert (found.label, found.score) == (wanted["label"], wanted["score"])
    assert found.scores == {row["label"]: row["score"] for row in wanted["top"]}
    with pytest.raises(InputError, match="does not label points"):
        model.label_points(given)


def test_frames_in_coordinates_of_a_map_are_told_as_those_near_zero(classified) -> None:
    """In float32 5e6 m lie 0.5 m apart."""
    model, rng = pcv.from_pretrained(classified.run), np.random.default_rng(0)
    frames = [np.round(rng.uniform(0, 2, (60, 3)) * 4096) / 4096 for _ in range(9)]
    middle = np.round(np.median(frames[0], 0))
    place = np.array([5_000_000, -400_000, 100_000])
    far = [frame + place for frame in frames]
    assert model.predict(far) == model.predict([frame - middle for frame in frames])


def test_points_are_labelled_as_those_of_files(segmented, tmp_path: Path) -> None:
    reader = SemanticKitti()
    source = reader.list_videos(segmented.raw)[0]
    frames = reader.read_video(source).frames
    model = pcv.from_pretrained(segmented.run)
    found = model.label_points(frames)
    assert [len(each.label) for each in found] == [len(frame) for frame in frames]
    predict(segmented.run, [segmented.raw], wanted=Wanted(out=tmp_path / "out"))
    files = sorted((tmp_path / "out" / source.name).glob("*.ply"))
    assert len(files) == len(found)
    for told, file in zip(found, files, strict=True):
        wanted = load(file)
        np.testing.assert_array_equal(told.label, wanted["label"])
        np.testing.assert_array_equal(told.score, wanted["score"])
    with pytest.raises(InputError, match="does not tell classes"):
        model.predict(frames)


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([], "none given"),
        ([np.zeros((4, 2))], r"frames\[0\]: expected \(N, 3\) metres, found \(4, 2\)"),
        ([np.ones((4, 3)), np.full((4, 3), np.nan)], r"frames\[1\]: .* not finite"),
        ([np.array([["a", "b", "c"]])], "expected an array of numbers"),
        ([np.random.default_rng(0).uniform(-1e6, 1e6, (50, 3))], "frames"),
        ([np.zeros((0, 3))], "frames"),
    ],
)
def test_frames_that_cannot_be_read_are_one_line(classified, frames, said: str) -> None:
    with pytest.raises(InputError, match=said):
        pcv.from_pretrained(classified.run).predict(frames)


def test_cards_show_a_call_that_works(classified, segmented, tmp_path: Path) -> None:
    frames = [np.random.default_rng(t).uniform(0, 1, (40, 3)) for t in range(9)]
    for made, name, said in ((classified, "c", "a01"), (segmented, "s", "")):
        export(made.run, tmp_path / name, Export(program=False))
        card = (tmp_path / name / "README.md").read_text()
        code = card.split("```python\n")[1].split("found = model(points)")[0]
        held = {"frames": frames}
        exec(code.replace(f'"{name}"', repr(str(tmp_path / name))), held)
        if not said:
            assert [len(each) for each in held["labels"]] == [40] * 9
