"""The field's way to prepare a data set: NumPy back-projection, fpsample, one npz a video.

``python -m tests.benchmarks.field_prepare RAW OUT PROCESSES VIDEOS``
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import fpsample
import numpy as np
import scipy.io

POINTS, HEIGHT = 2048, 5
FOCAL, CENTRE, UNIT = 285.63, (160.0, 120.0), 0.001


def main() -> None:
    raw, out, processes, videos = sys.argv[1:]
    Path(out).mkdir()
    # By name, as pcv lists them, so that both convert the same.
    files = sorted(Path(raw).rglob("*_depth.mat"), key=lambda f: f.name.removesuffix("_depth.mat"))
    files = files[: int(videos)]
    places = [Path(out) / f.name for f in files]
    if int(processes) == 1:
        list(map(convert, files, places))
        return
    with ProcessPoolExecutor(int(processes)) as pool:
        list(pool.map(convert, files, places))


def convert(file: Path, out: Path) -> None:
    depth = scipy.io.loadmat(file)["d_depth"]
    frames = [sample(back_project(depth[:, :, t])) for t in range(depth.shape[2])]
    np.savez_compressed(out.with_suffix(".npz"), points=np.stack(frames))


def back_project(depth: np.ndarray) -> np.ndarray:
    row, column = np.nonzero(depth)
    z = depth[row, column] * UNIT
    x, y = (column - CENTRE[0]) / FOCAL * z, (row - CENTRE[1]) / FOCAL * z
    return np.stack([x, y, z], 1).astype(np.float32)


def sample(points: np.ndarray) -> np.ndarray:
    count = min(POINTS, len(points))
    chosen = fpsample.bucket_fps_kdline_sampling(points, count, h=HEIGHT, start_idx=0)
    return points[np.resize(chosen, POINTS)]


if __name__ == "__main__":
    main()
