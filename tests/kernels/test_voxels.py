import numpy as np

from pcv.kernels.voxels import SUMS, fuse_view, rehash


def test_rehashed_keys_are_found_again() -> None:
    depth = np.full((4, 4), 1000, np.uint16)
    colour = np.zeros((4, 4, 3), np.uint8)
    camera, options = np.array([4.0, 4, 2, 2]), np.array([0.001, 0.05, 10, 0.05])
    table, keys = np.full(64, -1, np.int64), np.zeros(32, np.int64)
    sums, votes = np.zeros((32, SUMS)), np.zeros((32, 0), np.int32)
    nothing = np.empty((0, 0), np.int16)
    state = (table, keys, sums, votes)
    used = fuse_view(depth, colour, nothing, camera, np.eye(4), options, *state, 0)
    assert used == 16
    larger = np.full(256, -1, np.int64)
    rehash(larger, keys, used)
    again = fuse_view(
        depth, colour, nothing, camera, np.eye(4), options, larger, keys, sums, votes, used
    )
    assert again == used
    assert (sums[:used, 9] == 2).all()
