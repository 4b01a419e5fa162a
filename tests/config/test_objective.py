from pcv.config.encoder import PSTNetConfig
from pcv.config.objective import Halves, ObjectiveConfig


def test_what_an_objective_does_not_say_changes_nothing() -> None:
    plain = ObjectiveConfig(name="plain")
    assert plain.cut() == Halves("none", 0.0)
    assert plain.segment_length(24) == 24
    assert not plain.asks_for_subjects
    plain.check_encoder(PSTNetConfig())
    plain.check_points(1)
    plain.check_views(0, None)
    plain.check_labels(3)
    plain.check_teacher(7)
