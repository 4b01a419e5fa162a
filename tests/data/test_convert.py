import numpy as np
import pytest

from pcv.clip import Video
from pcv.data.convert import Storage, convert
from pcv.errors import RawFileError


def test_a_video_of_another_length_than_planned_is_refused(raw, reader) -> None:
    source = reader.list_videos(raw)[0]
    rows, count = np.zeros((20, 8, 3), np.int16), np.zeros(20, np.int32)
    with pytest.raises(RawFileError, match="number of frames changed"):
        convert(reader, source, 19, Storage(8, "int16", 2**-11), rows, count)


def test_the_entry_says_what_was_read(raw, reader) -> None:
    source = reader.list_videos(raw)[1]
    rows, count = np.zeros((9, 64, 3), np.int16), np.zeros(9, np.int32)
    entry = convert(reader, source, 9, Storage(64, "int16", 2**-11), rows, count)
    assert (entry["name"], entry["length"], entry["empty"]) == ("v1", 9, 1)
    assert entry["sparse"] == sum(0 < c < 64 for c in count)
    assert len(entry["sha256"]) == 64
    points = np.concatenate(reader.read_video(source).frames)
    middle = np.array(entry["origin"]) + entry["centroid"]
    np.testing.assert_allclose(middle, points.mean(0), atol=0.05)


def test_leading_empty_frames_repeat_the_first_that_is_not(raw, reader) -> None:
    class Late(type(reader)):
        def read_video(self, source):
            frames = super().read_video(source).frames
            return Video(source, [frames[0][:0], *frames[1:]])

    source = reader.list_videos(raw)[1]
    rows, count = np.zeros((9, 8, 3), np.int16), np.zeros(9, np.int32)
    convert(Late(), source, 9, Storage(8, "int16", 2**-11), rows, count)
    assert count[0] == 0
    np.testing.assert_array_equal(rows[0], rows[1])


def test_a_video_without_any_point_is_refused(raw, reader) -> None:
    class Empty(type(reader)):
        def read_video(self, source):
            frames = super().read_video(source).frames
            return Video(source, [frame[:0] for frame in frames])

    source = reader.list_videos(raw)[1]
    rows, count = np.zeros((9, 8, 3), np.int16), np.zeros(9, np.int32)
    with pytest.raises(RawFileError, match="no foreground"):
        convert(Empty(), source, 9, Storage(8, "int16", 2**-11), rows, count)
