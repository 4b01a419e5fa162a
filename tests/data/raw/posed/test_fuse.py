"""Fusion against its definition, by numpy."""

from collections import defaultdict

import numpy as np
import pytest

from pcv.clip import View
from pcv.data.raw.posed.fuse import EDGE, Fusion


def views(count: int = 3) -> list[View]:
    rng = np.random.default_rng(0)
    made = []
    for frame in range(count):
        depth = (1500 + 20 * rng.standard_normal((12, 16))).astype(np.uint16)
        depth[rng.random((12, 16)) < 0.2] = 0
        depth[:, 8:] += 500  # an edge
        pose = np.eye(4)
        pose[:3, 3] = (0.1 * frame, 0.02, 0.03 * frame)
        camera = np.array([[20.0, 0, 8.2], [0, 21, 6.1], [0, 0, 1]])
        colour = rng.integers(0, 256, (12, 16, 3)).astype(np.uint8)
        made.append(View(frame, colour, depth, camera, np.linalg.inv(pose)))
    return made


def on_edge(depth: np.ndarray, row: int, column: int) -> bool:
    around = [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
    values = [
        int(depth[r, c])
        for r, c in around
        if 0 <= r < depth.shape[0] and 0 <= c < depth.shape[1] and depth[r, c]
    ]
    here = int(depth[row, column])
    return any(abs(value - here) > EDGE * here for value in values)


def reference(made: list[View], labels: list[np.ndarray], size: float, far: float) -> dict:
    cells: dict[tuple[int, ...], list] = defaultdict(list)
    for view, label in zip(made, labels, strict=True):
        pose = np.linalg.inv(view.world_to_camera)
        for row, column in np.argwhere(view.depth):
            z = view.depth[row, column] * view.unit
            if z > far or on_edge(view.depth, row, column):
                continue
            ray = np.linalg.inv(view.intrinsics) @ (column + 0.5, row + 0.5, 1)
            point = pose[:3, :3] @ (ray * z) + pose[:3, 3]
            away = (pose[:3, 3] - point) / np.linalg.norm(pose[:3, 3] - point)
            key = tuple(np.floor(point / size).astype(int))
            cells[key].append((point, view.colour[row, column], away, label[row, column]))
    return cells


@pytest.mark.parametrize("far", [np.inf, 1.8])
def test_voxels_hold_means_of_what_falls_into_them(far: float) -> None:
    made = views()
    labels = [np.random.default_rng(i).integers(-1, 3, (12, 16)).astype(np.int16) for i in range(3)]
    fusion = Fusion(0.2, far, classes=3)
    for view, label in zip(made, labels, strict=True):
        fusion.add(view, label)
    fused = fusion.result()
    cells = reference(made, labels, 0.2, far)
    assert len(fused.points) == len(cells) > 15
    for point, colour, towards, label in zip(*fused, strict=True):
        inside = cells[min(cells, key=lambda k: np.abs(np.mean([p[0] for p in cells[k]], 0) - point).sum())]  # fmt: skip # noqa: E501
        np.testing.assert_allclose(point, np.mean([p[0] for p in inside], 0), atol=1e-5)
        np.testing.assert_allclose(colour, np.mean([p[1] for p in inside], 0), atol=0.51)
        mean = np.mean([p[2] for p in inside], 0)
        np.testing.assert_allclose(towards, mean / np.linalg.norm(mean), atol=1e-5)
        votes = np.bincount([p[3] for p in inside if p[3] >= 0], minlength=3)
        assert label == (votes.argmax() if votes.any() else -1)


def test_labels_may_be_more_than_announced() -> None:
    made = views()
    labels = [np.full((12, 16), 5 * k, np.int16) for k in range(3)]
    few, enough = Fusion(0.2, classes=0), Fusion(0.2, classes=16)
    for fusion in (few, enough):
        for view, label in zip(made, labels, strict=True):
            fusion.add(view, label)
    np.testing.assert_array_equal(few.result().labels, enough.result().labels)
    np.testing.assert_array_equal(few.counts()[:, :11], enough.counts()[:, :11])
    assert few.counts().sum() == enough.counts().sum() > len(few.counts())


def test_a_pose_beyond_what_voxels_reach_is_refused() -> None:
    view = views(1)[0]
    far = np.eye(4)
    far[0, 3] = 1e9
    with pytest.raises(ValueError, match="1000000000 m from the origin"):
        Fusion(0.02).add(view._replace(world_to_camera=far))


def test_nothing_fused_is_empty() -> None:
    fused = Fusion(0.02).result()
    assert fused.points.shape == (0, 3)
    assert fused.labels.shape == (0,)
