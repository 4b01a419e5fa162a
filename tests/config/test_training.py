import pytest
from pydantic import ValidationError

from pcv.config.training import OptimConfig, TrainConfig


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"shots": 1, "label_fraction": 0.5}, "set only one"),
        ({"validation_fold": 0, "protocol": "paper"}, "needs protocol: strict"),
        ({"validation_fold": 0, "validation_subjects": 0}, "the size of a fold"),
    ],
)
def test_keys_of_training_that_contradict_each_other(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TrainConfig.model_validate(wrong)


def test_rates_are_positive() -> None:
    assert OptimConfig().lr > 0
    with pytest.raises(ValidationError, match="greater than 0"):
        OptimConfig(lr=0.0)
