"""The frames of a user's own recording: points in metres, with the columns that are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.checked import check_finite
from pcv.data.files.cloud import Asked, Cloud
from pcv.data.files.cloud_files import DepthCamera, read_cloud
from pcv.errors import RawFileError


class FrameFiles(NamedTuple):
    """Reads the files of one video."""

    camera: DepthCamera | None  # takes depth images to points
    unit: float | None  # metres per unit of the files; None: 1, of depth images 0.001
    point_classes: tuple[str, ...]  # names of the points' labels; empty: they are not read
    drop_nan: bool  # whether points that are not finite are left out
    brightest: float | None  # what full colour is written as; None: colours are not read

    def read(self, path: Path) -> tuple[NDArray[np.float64], dict[str, NDArray[np.generic]]]:
        """Return the points (n, 3) of a file in metres, and their columns.

        Raises:
            RawFileError: The file is damaged, or a point is not finite or lacks a column.
        """
        asked = Asked(
            labels=bool(self.point_classes), colour=self.brightest is not None,
            normals=False, brightest=self.brightest,
        )  # fmt: skip
        cloud = read_cloud(path, self.camera, asked)
        columns = self._columns(path, cloud)
        points = cloud.points
        if self.drop_nan:
            kept = np.isfinite(points).all(axis=1)
            points, columns = points[kept], {name: v[kept] for name, v in columns.items()}
        check_finite(path, points, "remove them, or give --drop-nan")
        default = 0.001 if path.suffix.lower() == ".png" else 1.0
        return points * (default if self.unit is None else self.unit), columns

    def _columns(self, path: Path, cloud: Cloud) -> dict[str, NDArray[np.generic]]:
        columns: dict[str, NDArray[np.generic]] = {}
        if self.point_classes:
            if cloud.labels is None:
                raise RawFileError(
                    path, "its points have no label", "add them or omit --point-classes"
                )
            wrong = (cloud.labels < -1) | (cloud.labels >= len(self.point_classes))
            if wrong.any():
                ids = ", ".join(str(i) for i in np.unique(cloud.labels[wrong])[:5])
                raise RawFileError(
                    path,
                    f"has the unknown class ids {ids}",
                    f"--point-classes names 0 to {len(self.point_classes) - 1}",
                )
            columns["labels"] = cloud.labels.astype(np.int16)
        if self.brightest is not None:
            if cloud.colour is None:
                raise RawFileError(path, "its points have no colour", "add them or omit --colour")
            columns["colour"] = cloud.colour
        return columns
