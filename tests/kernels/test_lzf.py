import numpy as np

from pcv.kernels.lzf import unpack


def unpacked(data: list[int], size: int) -> tuple[int, bytes]:
    out = np.zeros(size, np.uint8)
    return unpack(np.array(data, np.uint8), out), out.tobytes()


def test_literals_and_copies_that_overlap() -> None:
    assert unpacked([2, 97, 98, 99], 3) == (3, b"abc")
    # "a", then 4 bytes from 1 back: a copy that reads what it writes.
    assert unpacked([0, 97, 2 << 5, 0], 5) == (5, b"aaaaa")
    # A long copy: 7 says that a further byte counts.
    assert unpacked([1, 97, 98, 7 << 5, 3, 1], 14) == (14, b"ab" * 7)


def test_damage_is_told() -> None:
    for data, size in (
        ([5, 97], 6), ([2, 97, 98, 99], 2), ([0, 97, 2 << 5, 9], 5), ([0, 97, 2 << 5], 5),
        ([0, 97, 7 << 5], 9), ([0, 97, 2 << 5, 0], 3),
    ):  # fmt: skip
        assert unpacked(data, size)[0] == -1
