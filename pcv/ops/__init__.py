"""Point operators, one per file.

An operator with loops of its own is a torch op: a schema with a CPU, a CUDA and a fake kernel.
"""

from pcv.ops.ball_query import ball_query
from pcv.ops.curves import cells, hilbert_code, z_code
from pcv.ops.farthest_points import farthest_points
from pcv.ops.gated_delta_rule import gated_delta_rule, gated_delta_scan
from pcv.ops.grouping import gather_points, interpolate, repeat_first
from pcv.ops.linear_max import linear_max
from pcv.ops.nearest import nearest
from pcv.ops.tube_max import tube_max
from pcv.ops.tube_rectify import tube_rectify
from pcv.ops.tube_sum import tube_sum

__all__ = [
    "ball_query",
    "cells",
    "farthest_points",
    "gated_delta_rule",
    "gated_delta_scan",
    "gather_points",
    "hilbert_code",
    "interpolate",
    "linear_max",
    "nearest",
    "repeat_first",
    "tube_max",
    "tube_rectify",
    "tube_sum",
    "z_code",
]
