from pcv.data.raw.keyframes import keyframes


def test_frames_are_spread_as_published() -> None:
    assert keyframes(80, 32) == [int(j / (32 / 80)) for j in range(32)]
    assert keyframes(5, 0) == [0, 1, 2, 3, 4]
    assert keyframes(2, 4) == [0, 0, 1, 1]
