import pytest
import torch

from pcv.ops.clouds import check_clouds


def test_two_sets_of_clouds_fit() -> None:
    points, anchors = torch.zeros(2, 9, 3), torch.zeros(2, 4, 3)
    check_clouds(points, "anchors", anchors)
    for wrong in (anchors[0], anchors[..., :2], anchors.double()):
        with pytest.raises(ValueError, match=r"anchors must be \(B, n, 3\) float32"):
            check_clouds(points, "anchors", wrong)
    with pytest.raises(ValueError, match=r"points must be \(B, n, 3\) float32"):
        check_clouds(points.int(), "anchors", anchors)
    with pytest.raises(ValueError, match="2 clouds but 1 sets of anchors"):
        check_clouds(points, "anchors", anchors[:1])
