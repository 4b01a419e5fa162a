import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcv.evaluate.metrics import (
    accuracy,
    confusion_matrix,
    mean_class_accuracy,
    mean_iou,
    per_class,
    per_class_iou,
)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_equal_to_counting(pairs: list[tuple[int, int]]) -> None:
    truth, guess = (np.array([p[i] for p in pairs], np.int64) for i in range(2))
    matrix = confusion_matrix(truth, guess, 4)
    for i in range(4):
        for j in range(4):
            assert matrix[i, j] == sum(pair == (i, j) for pair in pairs)
    if not pairs:
        assert math.isnan(accuracy(matrix))
        assert math.isnan(mean_class_accuracy(matrix))
        return
    assert accuracy(matrix) == sum(t == g for t, g in pairs) / len(pairs)
    shares = []
    for label, share in enumerate(per_class(matrix)):
        mine = [g == t for t, g in pairs if t == label]
        assert share == (sum(mine) / len(mine) if mine else None)
        shares += [share] if mine else []
    assert mean_class_accuracy(matrix) == pytest.approx(sum(shares) / len(shares))


def test_iou_of_absent_classes_is_left_out_or_counts_as_nothing() -> None:
    matrix = np.array([[3, 1, 0], [0, 4, 2], [0, 0, 0]])  # no point is of class 2
    assert per_class_iou(matrix) == [3 / 4, 4 / 7, None]
    found = mean_iou(matrix)
    assert found["miou_present_classes"] == pytest.approx((3 / 4 + 4 / 7) / 2)
    assert found["miou_all_classes"] == pytest.approx((3 / 4 + 4 / 7) / 3)
    assert np.isnan(mean_iou(np.zeros((2, 2), np.int64))["miou_present_classes"])
