"""Which convention poses follow, found from where the points of one frame land in the next.

Files do not say whether a matrix leads from the camera to the world or back, nor whether the camera
looks along +z with y down (OpenCV) or along -z with y up (OpenGL). Under the right reading a point
of one frame lands in the next with the depth that is measured there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pcv.errors import InputError

Matrix = NDArray[np.float64]  # (4, 4)

OPENGL: Matrix = np.diag([1.0, -1.0, -1.0, 1.0])


def inverted(pose: Matrix) -> Matrix:
    """Return the inverse (n, n) of a matrix (n, n).

    Raises:
        InputError: It has none.
    """
    try:
        return np.asarray(np.linalg.inv(pose), np.float64)
    except np.linalg.LinAlgError:
        raise InputError(
            "a pose or a camera that cannot be inverted; expected a rotation and metres, or pixels"
        ) from None


CONVENTIONS: dict[str, Callable[[Matrix], Matrix]] = {  # each returns camera-to-world, OpenCV
    "camera-to-world": lambda pose: pose,
    "world-to-camera": inverted,
    "camera-to-world-opengl": lambda pose: pose @ OPENGL,
    "world-to-camera-opengl": lambda pose: inverted(pose) @ OPENGL,
}
SAMPLES = 24  # rows and columns of the grid of pixels that are followed
NEAR = 0.05  # relative difference of depths that agree
SURE, CLEAR = 0.4, 2.0  # share at which another one fits, and times the asked one's share


class Agreement:
    """Follows points from frame to frame under every convention."""

    def __init__(self) -> None:
        self.agreed = dict.fromkeys(CONVENTIONS, 0)
        self.followed = 0
        self._last: tuple[Matrix, Matrix] | None = None  # points of the camera (n, 4), pose

    def add(self, depth: NDArray[np.float64], camera: Matrix, pose: Matrix) -> None:
        """Add a frame.

        Args:
            depth: (H, W) metres; 0: none.
            camera: (3, 3) intrinsics, pixel centres at +0.5.
            pose: (4, 4) as the file gives it.

        Raises:
            InputError: The pose or the camera cannot be inverted.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite lands nowhere
            self._add(depth, camera, pose)

    def _add(self, depth: NDArray[np.float64], camera: Matrix, pose: Matrix) -> None:
        rows, columns = (np.linspace(0, n - 1, SAMPLES).astype(int) for n in depth.shape)
        grid = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
        z = depth[grid[:, 0], grid[:, 1]]
        known = np.isfinite(z) & (z > 0)
        grid, z = grid[known], z[known]
        rays = np.column_stack([grid[:, ::-1] + 0.5, np.ones(len(z))]) @ inverted(camera).T
        points = np.column_stack([rays * z[:, None], np.ones(len(z))])
        if self._last is not None:
            before, pose_before = self._last
            self.followed += len(before)
            for name, read in CONVENTIONS.items():
                there = before @ (inverted(read(pose)) @ read(pose_before)).T
                self.agreed[name] += _landing(there[:, :3], depth, camera)
        self._last = points, pose

    def shares(self) -> dict[str, float]:
        """Return, by convention, the share of points that land where their depth is measured."""
        return {name: n / max(self.followed, 1) for name, n in self.agreed.items()}

    def better_than(self, asked: str) -> str | None:
        """Return the convention that fits much better than the asked one; None: there is none."""
        shares = self.shares()
        best = max(shares, key=lambda name: shares[name])
        clear = shares[best] > SURE and shares[best] > CLEAR * shares[asked]
        return best if clear else None


def _landing(points: Matrix, depth: NDArray[np.float64], camera: Matrix) -> int:
    points = points[points[:, 2] > 0]
    pixels = points @ camera.T
    floor = np.floor(pixels[:, :2] / pixels[:, 2:])
    column, row = np.nan_to_num(floor, nan=-1).clip(-1, 1 << 20).astype(int).T
    inside = (row >= 0) & (row < depth.shape[0]) & (column >= 0) & (column < depth.shape[1])
    measured = depth[row[inside], column[inside]]
    z = points[inside, 2]
    return int(((measured > 0) & (np.abs(measured - z) < NEAR * z)).sum())
