from pathlib import Path

import torch

from pcv.stages.starting_encoder import starting_encoder
from pcv.stages.training import pretrain
from pcv.train.checkpoint import load_encoder
from tests.stages.test_training import job


def test_an_encoder_has_the_weights_of_its_start_or_those_of_its_seed(store, tmp_path: Path):
    made = job(store, tmp_path / "pre")
    pretrain(made)
    probe = job(store, tmp_path / "probe", stage="probe")
    started = starting_encoder(probe._replace(start=tmp_path / "pre"))
    _, weights = load_encoder(tmp_path / "pre")
    assert all(torch.equal(value, weights[name]) for name, value in started.state_dict().items())
    one, other = (starting_encoder(probe).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not all(torch.equal(one[name], weights[name]) for name in one)
