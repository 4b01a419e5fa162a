"""Average precision by the ScanNet protocol, on cases worked out by hand."""

import numpy as np
import pytest

from pcv.evaluate.instances import Proposal, TrueScene, average_precision

CLASSES = (1, 2)


def scene():
    """400 points of class 1 in two objects of 200, 100 of class 2, 100 of class 0 without."""
    label = np.repeat([1, 2, 0], [400, 100, 100])
    instance = np.repeat([0, 1, 2, -1], [200, 200, 100, 100])
    return TrueScene(label, instance)


def mask(first, last):
    found = np.zeros(600, bool)
    found[first:last] = True
    return found


def test_perfect_proposals_score_one():
    proposals = [
        Proposal(mask(0, 200), 1, 0.9), Proposal(mask(200, 400), 1, 0.8),
        Proposal(mask(400, 500), 2, 0.7),
    ]  # fmt: skip
    found = average_precision([(scene(), proposals)], CLASSES)
    assert found == pytest.approx({"ap": 1, "ap50": 1, "ap25": 1})


def test_no_proposals_score_nothing_and_absent_classes_do_not_count():
    found = average_precision([(scene(), [])], CLASSES)
    assert found == {"ap": 0, "ap50": 0, "ap25": 0}
    perfect = [Proposal(mask(400, 500), 2, 1.0)]
    assert average_precision([(scene(), perfect)], (2, 3))["ap50"] == pytest.approx(1)
    assert np.isnan(average_precision([(scene(), perfect)], (3,))["ap50"])


def test_overlap_decides_the_threshold():
    # 150 of 200 points: an overlap of 0.75, right up to 0.7, which is five of nine thresholds.
    proposals = [Proposal(mask(0, 150), 1, 0.9), Proposal(mask(200, 400), 1, 0.8)]
    found = average_precision([(scene(), proposals)], (1,))
    assert found["ap50"] == pytest.approx(1)
    # Above: one of two found, and the more confident is wrong: precision 1/2 at recall 1/2.
    wrong = 0.5 * (0.5 - 0) / 2 + 0 + (0.5 - 0) / 2 * 0.5
    exact = average_precision([(scene(), proposals)], (1,))["ap"]
    assert 5 / 9 < exact < 5 / 9 + 4 / 9 * 0.5
    assert wrong > 0


def test_the_less_confident_of_two_on_one_object_is_wrong():
    once = [Proposal(mask(0, 200), 1, 0.9)]
    twice = [*once, Proposal(mask(0, 190), 1, 0.8)]
    first, second = (average_precision([(scene(), p)], (1,))["ap50"] for p in (once, twice))
    assert first == second  # ranked after the right one, it costs no area
    earlier = [*once, Proposal(mask(0, 190), 1, 0.95)]
    assert average_precision([(scene(), earlier)], (1,))["ap50"] == pytest.approx(first)


def test_what_lies_on_nothing_that_counts_is_ignored():
    right = [Proposal(mask(0, 200), 1, 0.9), Proposal(mask(200, 400), 1, 0.8)]
    void = [*right, Proposal(mask(500, 600), 1, 0.95)]
    on_other = [*right, Proposal(mask(400, 500), 1, 0.95)]
    assert average_precision([(scene(), void)], CLASSES[:1])["ap50"] == pytest.approx(1)
    lower = average_precision([(scene(), on_other)], CLASSES)["ap50"]
    assert lower < average_precision([(scene(), right)], CLASSES)["ap50"]


def test_small_ones_do_not_count():
    truth = scene()
    small = truth._replace(instance=np.where(np.arange(600) < 350, truth.instance, 3))
    proposals = [Proposal(mask(0, 200), 1, 0.9), Proposal(mask(200, 350), 1, 0.8)]
    assert average_precision([(small, proposals)], (1,))["ap50"] == pytest.approx(1)
    tiny = [*proposals, Proposal(mask(350, 399), 1, 0.99)]
    assert average_precision([(small, tiny)], (1,))["ap50"] == pytest.approx(1)
