import numpy as np

from pcv.evaluate.doubts import doubtful, never_trained

NAMES = ["wave", "walk", "sit"]


def test_one_answer_for_everything_is_doubtful() -> None:
    assert "'walk'" in str(doubtful(np.array([[0, 3, 0], [0, 2, 0], [0, 0, 0]]), NAMES))
    assert doubtful(np.array([[0, 3, 0], [1, 2, 0], [0, 0, 0]]), NAMES) is None
    # Where one class alone is scored, one answer is what is hoped for.
    assert doubtful(np.array([[0, 0, 0], [0, 5, 0], [0, 0, 0]]), NAMES) is None


def test_classes_without_a_training_video_are_named() -> None:
    trained = np.array([0, 1, 1, -1])
    assert never_trained(trained, np.array([0, 1, -1]), NAMES) is None
    said = never_trained(trained, np.array([2, 0, 2]), NAMES)
    assert said == "no training video has class sit, so none of their 2 videos is right"
    many = [f"c{i}" for i in range(9)]
    assert "c1, c2, c3, c4, c5 and 3 more" in str(never_trained(trained[:1], np.arange(9), many))
