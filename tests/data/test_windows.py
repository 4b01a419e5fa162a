import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcv.data.windows import clip_frames, clip_span, clip_starts, cover, spread_starts

COUNTS = st.integers(1, 40)


@given(st.integers(1, 200), COUNTS, st.integers(1, 4), st.integers(1, 5))
def test_clips_are_every_start_that_fits(
    length: int, frames: int, interval: int, stride: int
) -> None:
    fitting = [s for s in range(0, length, stride) if s + interval * (frames - 1) < length]
    assert clip_starts(length, frames, interval, stride, "drop").tolist() == fitting
    assert clip_starts(length, frames, interval, stride, "pad").tolist() == (fitting or [0])


def test_the_papers_count_of_clips() -> None:
    """A 39-frame video has 16 clips of 24 frames; a 23-frame one has none."""
    assert len(clip_starts(39, 24, 1, 1, "drop")) == 16
    assert len(clip_starts(23, 24, 1, 1, "drop")) == 0


def test_an_empty_video_has_no_clip() -> None:
    assert len(clip_starts(0, 4, 1, 1, "pad")) == 0


def test_past_the_end_the_last_frame_repeats() -> None:
    assert clip_frames(1, 4, 2, 5).tolist() == [1, 3, 4, 4]
    assert clip_span(4, 2) == 7


@given(st.integers(1, 50), st.integers(0, 10))
def test_spread_starts_are_distinct_and_evenly_spaced(total: int, count: int) -> None:
    starts = np.arange(total)
    kept = spread_starts(starts, count)
    assert len(kept) == (min(count, total) if count else total)
    assert len(set(kept.tolist())) == len(kept)
    if len(kept) > 2:
        assert np.ptp(np.diff(kept)) <= 1


@pytest.mark.parametrize(("count", "kept"), [(1, [5]), (2, [2, 7]), (0, list(range(10)))])
def test_one_clip_is_the_middle_one(count: int, kept: list[int]) -> None:
    assert spread_starts(np.arange(10), count).tolist() == kept


@given(st.lists(st.integers(1, 40), min_size=1, max_size=3), st.integers(1, 6), st.integers(1, 3))
def test_every_frame_that_a_clip_reaches_counts_once(lengths, frames, interval) -> None:
    clips = np.concatenate([
        np.stack([np.full(len(starts), video), starts], 1)
        for video, length in enumerate(lengths)
        for starts in [clip_starts(length, frames, interval, 1, "pad")]
    ])  # fmt: skip
    chosen, fresh = cover(clips, np.array(lengths), frames, interval)
    counted = [
        (int(video), int(frame))
        for (video, start), new in zip(chosen, fresh, strict=True)
        for frame in clip_frames(int(start), frames, interval, lengths[video])[new]
    ]
    assert len(counted) == len(set(counted))
    if interval == 1:
        assert len(counted) == sum(lengths)


def test_whole_clips_follow_each_other_and_the_last_reaches_back() -> None:
    clips = np.stack([np.zeros(7, np.int64), np.arange(7)], 1)
    chosen, fresh = cover(clips, np.array([10]), 4, 1)
    assert chosen[:, 1].tolist() == [0, 4, 6]
    assert fresh[-1].tolist() == [False, False, True, True]
