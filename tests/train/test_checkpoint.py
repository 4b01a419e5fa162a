import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from pcv.clip import ClipBatch, Losses
from pcv.config.training import OptimConfig
from pcv.errors import CheckpointError, DivergedError
from pcv.train.checkpoint import (
    load_checkpoint,
    load_encoder,
    load_objective,
    save_checkpoint,
)
from pcv.train.fit import FitPlan, TrainState, fit
from pcv.train.optim import build_optimizer


class Toy(nn.Module):
    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width))
        self.head = nn.Linear(width, 1)
        self.register_buffer("memory", torch.zeros(3))

    def forward(self, batch: ClipBatch) -> Losses:
        self.memory += torch.rand(3)
        loss = (
            (self.head(self.encoder(batch.points.mean((1, 2)))) - self.memory.sum()).square().mean()
        )
        return Losses(loss, {"loss": loss.detach()})


def state(seed: int = 0, optimizer: str = "adamw", width: int = 4) -> TrainState:
    torch.manual_seed(seed)
    toy = Toy(width)
    return TrainState(toy, build_optimizer(toy, OptimConfig(name=optimizer)))


def run(one: TrainState, until: int) -> list[float]:
    def batches():
        for step in range(one.step, until):
            g = torch.Generator().manual_seed(step)
            yield ClipBatch(torch.rand(4, 2, 5, 3, generator=g), torch.zeros(4), torch.zeros(4))

    losses: list[float] = []
    fit(one, batches(), FitPlan(until, lambda s: 0.01),
        after_step=lambda s, found: losses.append(found.total.item()))  # fmt: skip
    return losses


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_four_steps_a_checkpoint_and_six_are_ten_steps_bit_for_bit(
    tmp_path: Path, optimizer: str
) -> None:
    straight = run(state(0, optimizer), 10)
    first = state(0, optimizer)
    losses = run(first, 4)
    save_checkpoint(tmp_path / "last", first, {})
    torch.manual_seed(99)
    second = state(7, optimizer)
    load_checkpoint(tmp_path / "last", second)
    assert second.step == 4
    assert losses + run(second, 10) == straight


def test_the_encoder_lies_apart_and_nothing_is_pickled(tmp_path: Path) -> None:
    one = state()
    run(one, 2)
    save_checkpoint(tmp_path / "checkpoints" / "last", one, {"name": "toy", "width": 4})
    folder = tmp_path / "checkpoints" / "last"
    assert {p.suffix for p in folder.iterdir()} == {".safetensors", ".json"}
    config, weights = load_encoder(tmp_path)
    assert config == {"name": "toy", "width": 4}
    assert weights.keys() == one.objective.encoder.state_dict().keys()
    assert not any(key.startswith("encoder") for key in load_file(folder / "objective.safetensors"))
    assert load_encoder(folder)[0] == config


def test_another_model_is_refused_by_name(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "last", state(), {})
    with pytest.raises(CheckpointError, match=r"encoder\.0\.bias is \(4,\), expected \(5,\)"):
        load_objective(tmp_path / "last", Toy(5))


@pytest.mark.parametrize("name", ["encoder.safetensors", "optimizer.safetensors", "state.json"])
@pytest.mark.parametrize("keep", [0, 20, None])
def test_a_damaged_checkpoint_is_one_line(tmp_path: Path, name: str, keep: int | None) -> None:
    save_checkpoint(tmp_path / "last", state(), {})
    file = tmp_path / "last" / name
    if keep is None:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=name) as caught:
        load_checkpoint(tmp_path / "last", state())
    assert "\n" not in str(caught.value)


def test_a_kill_while_writing_leaves_the_old_one(tmp_path: Path, monkeypatch) -> None:
    one = state()
    save_checkpoint(tmp_path / "last", one, {})
    one.step = 5

    def die(*arguments: object, **options: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(json, "dumps", die)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(tmp_path / "last", one, {})
    monkeypatch.undo()
    load_checkpoint(tmp_path / "last", one)
    assert one.step == 0
    save_checkpoint(tmp_path / "last", one, {})
    assert [p.name for p in tmp_path.iterdir()] == ["last"]


def test_between_the_renames_the_old_one_is_found(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "last", state(), {})
    (tmp_path / "last").rename(tmp_path / ".last.old")
    load_checkpoint(tmp_path / "last", state())
    with pytest.raises(CheckpointError, match="no checkpoint"):
        load_encoder(tmp_path / "none")


FILES = ("encoder.safetensors", "objective.safetensors", "optimizer.safetensors", "state.json")


def old(folder: Path) -> None:
    """Take the checksums away: older releases wrote none."""
    note = json.loads((folder / "state.json").read_text())
    del note["checksums"]
    (folder / "state.json").write_text(json.dumps(note))


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_an_error_whatever_it_means(tmp_path: Path, name: str) -> None:
    save_checkpoint(tmp_path / "last", state(), {"width": 4})
    file = tmp_path / "last" / name
    whole, said = file.read_bytes(), []
    for bit in range(0, len(whole) * 8, 37):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        try:
            load_checkpoint(tmp_path / "last", state())
        except CheckpointError as error:
            said.append(str(error))
            continue
        old, new = json.loads(whole), json.loads(file.read_text())  # white space, or a key's case
        assert all(old[key] == new[key] for key in ("step", "encoder", "optimizer"))
    assert len(said) > 0.5 * len(whole) * 8 / 37
    assert all(name in line and "\n" not in line for line in said)
    file.write_bytes(whole)
    load_checkpoint(tmp_path / "last", state())


def test_a_checkpoint_of_an_older_release_loads(tmp_path: Path) -> None:
    one = state()
    one.step = 7
    save_checkpoint(tmp_path / "last", one, {"width": 4})
    old(tmp_path / "last")
    two = state()
    load_checkpoint(tmp_path / "last", two, steps=7)
    assert two.step == 7
    assert load_encoder(tmp_path / "last")[0] == {"width": 4}


@pytest.mark.parametrize("step", [10**9, -1, 2.5, True, "3", None])
def test_a_step_that_the_run_has_not_is_refused(tmp_path: Path, step: object) -> None:
    save_checkpoint(tmp_path / "last", state(), {})
    old(tmp_path / "last")
    file = tmp_path / "last/state.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"step": step}))
    with pytest.raises(CheckpointError, match=r"state.json: .*step"):
        load_checkpoint(tmp_path / "last", state(), steps=8)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_neither_written_nor_read(tmp_path: Path, bad) -> None:
    one = state()
    save_checkpoint(tmp_path / "last", one, {})
    with torch.no_grad():
        one.objective.encoder[0].bias[1] = bad
    with pytest.raises(DivergedError, match=r"step 0: encoder\.0\.bias has values"):
        save_checkpoint(tmp_path / "last", one, {})
    load_checkpoint(tmp_path / "last", state())
    file = tmp_path / "last/encoder.safetensors"
    save_file({k: v.clone() for k, v in one.objective.encoder.state_dict().items()}, file)
    old(tmp_path / "last")
    for load in (load_encoder, lambda path: load_objective(path, Toy())):
        with pytest.raises(CheckpointError, match=r"0\.bias holds values that are not finite"):
            load(tmp_path / "last")
