import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pcv.errors import CheckpointError, RecipeError
from pcv.train.checkpoint import load_encoder
from pcv.train.exported import ModelConfig, is_exported, read_exported, read_tensors, write_weights


def folder(place: Path, **changes: object) -> Path:
    config = ModelConfig(
        pcv_version="1", task="encode", dataset="d", class_names=(), recipe={"stage": "pretrain"}
    )
    (place / "config.json").write_text(json.dumps(config.model_dump(mode="json") | changes))
    save_file({"encoder.a": torch.ones(2), "head.b": torch.zeros(1)}, place / "model.safetensors")
    return place


def test_what_was_written_is_read_and_the_encoder_found_in_it(tmp_path: Path) -> None:
    assert not is_exported(tmp_path)
    found = read_exported(folder(tmp_path, reader={"focal": 5.5, "frames": 32, "centre": "image"}))
    assert is_exported(tmp_path)
    assert found.config.reader == {"focal": 5.5, "frames": 32, "centre": "image"}
    assert set(found.weights) == {"encoder.a", "head.b"}
    config, weights = load_encoder(tmp_path)
    assert config["name"] == found.recipe.encoder.name == "pstnet"
    assert torch.equal(weights["a"], torch.ones(2))
    assert set(weights) == {"a"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"more": 1}, "unknown key more"),
        ({"task": "sing"}, "task: "),
        ({"format": 3}, "format: "),
        ({"class_names": "wave"}, "class_names: "),
        ({"storage": {"points": 0, "dtype": "int16", "step": 1.0}}, "storage.points: "),
        ({"reader": {"focal": [1]}}, "reader.focal"),
    ],
)
def test_a_configuration_that_is_not_ours_is_one_line(changes, said, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=said) as caught:
        read_exported(folder(tmp_path, **changes))
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "config.json") in str(caught.value)


def test_a_recipe_that_is_not_ours_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"config.json: recipe: unknown key data.fames, did you"):
        read_exported(folder(tmp_path, recipe={"stage": "pretrain", "data": {"fames": 3}}))


@pytest.mark.parametrize("data", [b"", b"\x80\x04K\x01.", b"\xff" * 64, b"{}"])
def test_only_safetensors_are_read(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(data)
    with pytest.raises(CheckpointError, match="damaged or missing"):
        read_tensors(tmp_path / "w")
    with pytest.raises(CheckpointError, match="damaged or missing"):
        read_tensors(tmp_path)


def test_a_flipped_bit_of_the_weights_is_an_error_or_changes_nothing(tmp_path: Path) -> None:
    wanted = {"a": torch.arange(3.0), "b.c": torch.tensor(2), "d": torch.empty(0, 2)}
    file = tmp_path / "model.safetensors"
    write_weights(file, wanted)
    whole = file.read_bytes()
    refused = 0
    for bit in range(len(whole) * 8):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        try:
            found = read_tensors(file)
        except CheckpointError:
            refused += 1
            continue
        assert found.keys() == wanted.keys()
        assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    assert refused > 0.8 * len(whole) * 8


def test_weights_without_a_checksum_are_read(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "old", metadata={"format": "pt"})
    assert torch.equal(read_tensors(tmp_path / "old")["a"], torch.ones(2))
