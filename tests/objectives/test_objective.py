import pytest
import torch

from pcv.clip import ClipBatch
from pcv.config.pretexts import PointCPSCConfig
from pcv.config.registry import ENCODER_CONFIGS, OBJECTIVE_CONFIGS
from pcv.encoders import Encoder
from pcv.objectives import Objective, Sizes, Supervised
from pcv.plugins import imported

BATCH = ClipBatch(torch.rand(1, 4, 8, 3), torch.zeros(1), torch.zeros(1))


@pytest.mark.parametrize("name", OBJECTIVE_CONFIGS)
def test_what_a_config_builds_is_there_and_says_how_it_is_scored(name):
    config = OBJECTIVE_CONFIGS[name]
    assert config.model_fields["name"].annotation.__args__ == (name,)
    kind = imported(config.builds, Objective)
    assert issubclass(kind, Supervised) == (config.stage == "finetune")
    assert bool(getattr(kind, "main_score", None)) == (config.stage == "finetune")
    assert (config.task in ("videos", "points", "rooms", "objects")) == (config.stage == "finetune")


@pytest.mark.parametrize("name", ENCODER_CONFIGS)
def test_what_the_config_of_an_encoder_builds_is_there(name):
    config = ENCODER_CONFIGS[name]
    assert config.model_fields["name"].annotation.__args__ == (name,)
    assert issubclass(imported(config.builds, Encoder), Encoder)
    assert set(config.meaning) <= set(config.model_fields)


def test_what_is_shared_does_nothing():
    for call in (
        lambda: Objective()(BATCH), lambda: Supervised().guess(BATCH),
        lambda: Objective.build(PointCPSCConfig(), None, Sizes(1, 1)),
    ):  # fmt: skip
        with pytest.raises(NotImplementedError):
            call()
    Objective().forget_training()
