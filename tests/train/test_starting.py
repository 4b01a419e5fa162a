from pathlib import Path

import pytest
from torch import nn

from pcv.config.encoder import PSTNetConfig
from pcv.config.recipe import Recipe
from pcv.config.training import OptimConfig
from pcv.encoders import build_encoder
from pcv.errors import CheckpointError
from pcv.train.checkpoint import save_checkpoint
from pcv.train.fit import TrainState
from pcv.train.optim import build_optimizer
from pcv.train.starting import starting_weights

RECIPE = Recipe(stage="probe", encoder=PSTNetConfig(width=1 / 32))


@pytest.fixture
def start(tmp_path: Path) -> Path:
    objective = nn.ModuleDict({"encoder": build_encoder(RECIPE.encoder)})
    state = TrainState(objective, build_optimizer(objective, OptimConfig()))
    save_checkpoint(tmp_path / "checkpoints/last", state, RECIPE.encoder.model_dump(mode="json"))
    return tmp_path


def test_weights_fit_another_radius_and_other_neighbours(start: Path) -> None:
    other = PSTNetConfig(width=1 / 32, radius=0.9, neighbours=5)
    weights = starting_weights(start, RECIPE.model_copy(update={"encoder": other}))
    build_encoder(other).load_state_dict(weights)


@pytest.mark.parametrize("key", [{"width": 1 / 16}, {"pool": "max"}, {"combine": "addition"}])
def test_what_changes_their_meaning_is_refused_by_name(start: Path, key: dict[str, object]) -> None:
    other = PSTNetConfig.model_validate({"width": 1 / 32} | key)
    with pytest.raises(CheckpointError, match=f"--set encoder.{next(iter(key))}="):
        starting_weights(start, RECIPE.model_copy(update={"encoder": other}))
