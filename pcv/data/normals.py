"""Normals of a scene: those of planes through neighbours, turned inwards, or of a mesh's faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcv.data.kd_tree import nearest_points
from pcv.errors import InputError

NEIGHBOURS = 16  # points that a plane is fitted to
LINKS = 8  # neighbours of a point that its sign may be carried to
GRID = 0.02  # metres: one plane per cell, as scanners sample walls a hundred times as densely
BLOCK = 1 << 16  # planes that are fitted at a time
WIDEST = 1e6  # metres: points that spread farther are no scene, and have no neighbours
FLAT = 1e-9  # second to first eigenvalue, at most, of points on a line, which has no normal


def estimate_normals(
    points: NDArray[np.floating],  # (n, 3) metres
    towards: NDArray[np.floating] | None = None,  # (n, 3) from each point to what saw it
) -> NDArray[np.float32]:  # (n, 3) unit length, zeros where there is none
    """Estimate normals that face what saw them or, where that is unknown, the inside of a room.

    The plane of each point's neighbours gives its normal except for the sign. Signs are carried
    along the minimum spanning tree of the neighbours' graph, whose edges are cheapest where planes
    are parallel (Hoppe et al., SIGGRAPH 1992); each connected part is then turned as a whole so
    that most of it faces the middle of the scene.

    Raises:
        InputError: A point is not finite, or they spread over more than ``WIDEST``.
    """
    if not len(points):
        return np.zeros((0, 3), np.float32)
    check_width(points)
    kept, cell = _one_per_cell(points)
    cloud = np.asarray(points, np.float64)[kept]
    if len(cloud) < 3:
        return np.zeros((len(points), 3), np.float32)
    index = nearest_points(cloud, cloud, min(NEIGHBOURS, len(cloud)))
    normals = _planes(cloud, index)
    if towards is None:
        normals *= _signs(cloud, normals, index[:, 1 : LINKS + 1])[:, None]
    else:
        away = (normals * towards[kept]).sum(1) < 0
        normals[away] *= -1
    return normals.astype(np.float32)[cell]


def check_width(points: NDArray[np.floating]) -> None:  # (n, 3), n >= 1
    """Refuse points that no scene holds.

    Raises:
        InputError: A point is not finite, or they spread over more than ``WIDEST``.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        width = float((points.max(0) - points.min(0)).max())
    if not width <= WIDEST:
        raise InputError(f"points that spread over {width:g} m; expected a scene in metres")


def normals_of_faces(
    points: NDArray[np.floating],  # (n, 3)
    faces: NDArray[np.integer],  # (f, 3) vertices, counter-clockwise as seen from the front
) -> NDArray[np.float32]:  # (n, 3) unit length, zeros for a vertex without a face
    """Return the mean normal of every vertex's faces, weighted by their areas.

    Raises:
        InputError: A point is not finite, or they spread over more than ``WIDEST``.
    """
    if len(points):
        check_width(points)
    corners = np.asarray(points, np.float64)[faces]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.stack(
        [
            np.bincount(faces.ravel(), np.repeat(face[:, axis], 3), minlength=len(points))
            for axis in range(3)
        ],
        axis=1,
    )
    return _unit(total.astype(np.float64)).astype(np.float32)


def _one_per_cell(points: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first point of every cell, and for every point the row of its cell."""
    cells = np.floor((points - points.min(0)) / GRID).astype(np.int64)
    size = cells.max(0) + 1
    if size[0] * size[1] > np.iinfo(np.int64).max // size[2]:  # numbers of cells would not fit
        column = np.unique(cells[:, 0] * size[1] + cells[:, 1], return_inverse=True)[1]
        key = column.astype(np.int64) * size[2] + cells[:, 2]
    else:
        key = (cells[:, 0] * size[1] + cells[:, 1]) * size[2] + cells[:, 2]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return first, inverse


def _planes(cloud: NDArray[np.float64], index: NDArray[np.int64]) -> NDArray[np.float64]:
    normals = np.empty_like(cloud)
    for start in range(0, len(cloud), BLOCK):
        near = cloud[index[start : start + BLOCK]]
        near = near - near.mean(1, keepdims=True)
        values, vectors = np.linalg.eigh(near.transpose(0, 2, 1) @ near)
        flat = values[:, 1] > FLAT * values[:, 2]
        normals[start : start + BLOCK] = vectors[:, :, 0] * flat[:, None]
    return normals


def _signs(
    cloud: NDArray[np.float64], normals: NDArray[np.float64], index: NDArray[np.int64]
) -> NDArray[np.float64]:  # (n,) 1 or -1
    parent, part = _tree(normals, index)
    sign = np.where((normals * normals[parent]).sum(1) < 0, -1.0, 1.0)
    while (parent != parent[parent]).any():  # every round doubles how far a sign was carried
        sign *= sign[parent]
        parent = parent[parent]
    inwards = (cloud.min(0) + cloud.max(0)) / 2 - cloud
    facing = np.bincount(part, sign * (normals * inwards).sum(1))
    return sign * np.where(facing < 0, -1.0, 1.0)[part]


def _tree(
    normals: NDArray[np.float64], index: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each point's parent (a root's is itself) and the number of its connected part."""
    from scipy.sparse import coo_array, csgraph  # takes long to import

    count = len(normals)
    start = np.repeat(np.arange(count), index.shape[1])
    stop = index.ravel()
    cost = 1 - np.abs((normals[start] * normals[stop]).sum(1))
    edges = coo_array((np.maximum(cost, 0) + 1e-6, (start, stop)), (count, count)).tocsr()
    parts, part = csgraph.connected_components(edges, directed=False)
    roots = np.unique(part, return_index=True)[1]
    tree = csgraph.minimum_spanning_tree(edges).tocoo()
    # One more node, joined to every root, makes one tree of all parts.
    joined = coo_array(
        (
            np.ones(len(tree.data) + parts),
            (np.append(tree.row, np.full(parts, count)), np.append(tree.col, roots)),
        ),
        (count + 1, count + 1),
    ).tocsr()
    _, parent = csgraph.breadth_first_order(joined, count, directed=False)
    parent = parent[:count].astype(np.int64)
    parent[roots] = roots
    return parent, part


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
