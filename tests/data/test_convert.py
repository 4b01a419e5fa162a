from typing import ClassVar

import numpy as np
import pytest

from pcv.clip import Column, Video
from pcv.data.convert import Storage, convert
from pcv.data.store.layout import Rows
from pcv.errors import RawFileError
from tests.conftest import LabelledReader


def test_a_video_of_another_length_than_planned_is_refused(raw, reader) -> None:
    source = reader.list_videos(raw)[0]
    rows = Rows.zeros(20, 8, "int16", {})
    with pytest.raises(RawFileError, match="number of frames changed"):
        convert(reader, source, 19, Storage(8, "int16", 2**-11), rows)


def test_the_entry_says_what_was_read(raw, reader) -> None:
    source = reader.list_videos(raw)[1]
    rows = Rows.zeros(9, 64, "int16", {})
    entry = convert(reader, source, 9, Storage(64, "int16", 2**-11), rows)
    assert (entry["name"], entry["length"], entry["empty"]) == ("v1", 9, 1)
    assert entry["sparse"] == sum(0 < c < 64 for c in rows.sizes)
    points = np.concatenate(reader.read_video(source).frames)
    middle = np.array(entry["origin"]) + entry["centroid"]
    np.testing.assert_allclose(middle, points.mean(0), atol=0.05)


def test_leading_empty_frames_repeat_the_first_that_is_not(raw, reader) -> None:
    class Late(type(reader)):
        def read_video(self, source):
            frames = super().read_video(source).frames
            return Video(source, [frames[0][:0], *frames[1:]])

    source = reader.list_videos(raw)[1]
    rows = Rows.zeros(9, 8, "int16", {})
    convert(Late(), source, 9, Storage(8, "int16", 2**-11), rows)
    assert rows.sizes[0] == 0
    np.testing.assert_array_equal(rows.points[0], rows.points[1])


def test_a_video_without_any_point_is_refused(raw, reader) -> None:
    class Empty(type(reader)):
        def read_video(self, source):
            frames = super().read_video(source).frames
            return Video(source, [frame[:0] for frame in frames])

    source = reader.list_videos(raw)[1]
    rows = Rows.zeros(9, 8, "int16", {})
    with pytest.raises(RawFileError, match="no foreground"):
        convert(Empty(), source, 9, Storage(8, "int16", 2**-11), rows)


class Wrong(LabelledReader):
    """Says what ``change`` makes of its columns."""

    change: ClassVar = staticmethod(lambda columns: columns)

    def read_video(self, source):
        video = super().read_video(source)
        return Video(source, video.frames, self.change(dict(video.columns)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c | {"labels": [x[:-1] for x in c["labels"]]}, r"\d+ labels for \d+ points"),
        (lambda c: c | {"labels": [x + 1 for x in c["labels"]]}, "for 2 classes"),
        (lambda c: c | {"labels": [x - 2 for x in c["labels"]]}, "point labels -2 to"),
        (lambda c: {"labels": c["labels"]}, "0 colour for"),
        (lambda c: None, "0 labels for"),
    ],
)
def test_columns_that_do_not_fit_the_points_are_refused(raw, change, said: str) -> None:
    wrong = type("Case", (Wrong,), {"change": staticmethod(change)})()
    source = wrong.list_videos(raw)[1]
    with pytest.raises(RawFileError, match=said):
        convert(
            wrong, source, 9, Storage(8, "int16", 2**-11), Rows.zeros(9, 8, "int16", wrong.columns)
        )


def test_any_further_column_is_kept(raw) -> None:
    class Tilted(LabelledReader):
        columns: ClassVar = {"normals": Column("float32", (3,))}

        def read_video(self, source):
            frames = super().read_video(source).frames
            return Video(source, frames, {"normals": [-frame for frame in frames]})

    source = Tilted().list_videos(raw)[1]
    rows = Rows.zeros(9, 8, "float32", Tilted.columns)
    entry = convert(Tilted(), source, 9, Storage(8, "float32", None), rows)
    np.testing.assert_allclose(rows.columns["normals"], -rows.points - entry["origin"], atol=1e-6)
    assert entry["class_points"] == [0, 0]
