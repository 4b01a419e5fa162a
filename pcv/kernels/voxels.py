"""Fusing depth images into one cloud: a hash table of voxels sums what falls into each voxel."""

import numba
import numpy as np

SUMS = 10  # x, y, z; r, g, b; direction to the camera (3); number of points
HALF = 1 << 20  # voxels to either side of the origin that a key can tell apart
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads keys over the table


@numba.njit(cache=True)
def fuse_view(depth, colour, labels, camera, pose, options, table, keys, sums, votes, used):
    """Add every pixel that has a depth to its voxel; the caller makes the tables large enough.

    Args:
        depth: (H, W) uint16, 0 for none.
        colour: (H, W, 3) uint8.
        labels: (H, W) int16 classes, -1 for none; (0, 0) without labels.
        camera: (4,) fx, fy, cx, cy; pixel centres are at +0.5.
        pose: (4, 4) camera to world.
        options: (4,) metres per unit of depth, voxel size, farthest depth in metres, and the
            relative step between neighbours above which a pixel lies on an edge and is left out.
        table: (2^k,) int64, entry in each slot, -1 where it is empty.
        keys: (E,) int64, key of each entry.
        sums: (E, SUMS) float64.
        votes: (E, classes) int32, or (0, 0) without labels.
        used: Entries used so far; H * W more must fit.

    Returns:
        Entries used afterwards.
    """
    unit, size, far, edge = options
    eye = pose[:3, 3]
    for row in range(depth.shape[0]):
        for column in range(depth.shape[1]):
            d = depth[row, column] * unit
            if d <= 0 or d > far or _on_edge(depth, row, column, edge):
                continue
            x = (column + 0.5 - camera[2]) / camera[0] * d
            y = (row + 0.5 - camera[3]) / camera[1] * d
            px = pose[0, 0] * x + pose[0, 1] * y + pose[0, 2] * d + eye[0]
            py = pose[1, 0] * x + pose[1, 1] * y + pose[1, 2] * d + eye[1]
            pz = pose[2, 0] * x + pose[2, 1] * y + pose[2, 2] * d + eye[2]
            key = _key(px / size, py / size, pz / size)
            slot, entry = _find(table, keys, key)
            if entry < 0:
                entry = used
                used += 1
                table[slot], keys[entry] = entry, key
                sums[entry] = 0
            away = np.sqrt((px - eye[0]) ** 2 + (py - eye[1]) ** 2 + (pz - eye[2]) ** 2)
            sums[entry, 0] += px
            sums[entry, 1] += py
            sums[entry, 2] += pz
            for k in range(3):
                sums[entry, 3 + k] += colour[row, column, k]
            sums[entry, 6] += (eye[0] - px) / away
            sums[entry, 7] += (eye[1] - py) / away
            sums[entry, 8] += (eye[2] - pz) / away
            sums[entry, 9] += 1
            if labels.size and labels[row, column] >= 0:
                votes[entry, labels[row, column]] += 1
    return used


@numba.njit(cache=True)
def rehash(table, keys, used):
    """Enter the first ``used`` of the keys (E,) into an empty table (2^k,)."""
    for entry in range(used):
        slot, _ = _find(table, keys, keys[entry])
        table[slot] = entry


@numba.njit(cache=True)
def _on_edge(depth, row, column, edge):
    here = np.float64(depth[row, column])
    for dr, dc in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        r, c = row + dr, column + dc
        inside = 0 <= r < depth.shape[0] and 0 <= c < depth.shape[1]
        if inside and depth[r, c] and abs(depth[r, c] - here) > edge * here:
            return True
    return False


@numba.njit(cache=True)
def _key(x, y, z):
    a, b, c = np.int64(np.floor(x)), np.int64(np.floor(y)), np.int64(np.floor(z))
    return ((a + HALF) << 42) | ((b + HALF) << 21) | (c + HALF)


@numba.njit(cache=True)
def _find(table, keys, key):
    """Return the slot of a key and its entry; or the empty slot where it belongs, and -1."""
    mask = len(table) - 1
    slot = np.int64((np.uint64(key) * _MIX) >> np.uint64(20)) & mask
    while table[slot] >= 0 and keys[table[slot]] != key:
        slot = (slot + 1) & mask
    return slot, table[slot]
