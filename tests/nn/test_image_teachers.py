"""Teachers from transformers: what is asked of a model, and what a missing one says."""

import json
import sys
from types import SimpleNamespace

import pytest
import torch

from pcv.errors import InputError, PcvError
from pcv.nn.image_teachers import load_image_teacher

CPU = torch.device("cpu")


class Patches(torch.nn.Module):
    """Stands for an image model: a class token, then the mean of every patch."""

    config = SimpleNamespace(patch_size=4)

    def forward(self, pixel_values, interpolate_pos_encoding=False):
        pooled = torch.nn.functional.avg_pool2d(pixel_values, 4).flatten(2).transpose(1, 2)
        return SimpleNamespace(last_hidden_state=torch.cat([pooled[:, :1] * 0, pooled], 1))


def pretend(monkeypatch, model):
    asked = {}

    def from_pretrained(path, **options):
        asked.update(options)
        return model

    auto = SimpleNamespace(from_pretrained=from_pretrained)
    monkeypatch.setitem(sys.modules, "transformers", SimpleNamespace(AutoModel=auto))
    return asked


def test_a_missing_package_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(PcvError, match=r"pip install 'pcv\[teach\]'"):
        load_image_teacher(tmp_path, CPU)


def test_patches_are_laid_out_as_the_image(monkeypatch, tmp_path):
    asked = pretend(monkeypatch, Patches())
    statistics = {"image_mean": [0.5] * 3, "image_std": [0.25] * 3}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(statistics))
    image = torch.zeros(2, 8, 12, 3)
    image[:, :4, :4, 0] = 1
    found = load_image_teacher(tmp_path, CPU)(image)
    assert found.shape == (2, 2, 3, 3)
    assert found[0, 0, 0].tolist() == [2, -2, -2]
    assert found[0, 1, 2].tolist() == [-2, -2, -2]
    assert asked == {
        "local_files_only": True, "use_safetensors": True, "trust_remote_code": False
    }  # fmt: skip
    assert load_image_teacher(tmp_path, CPU)(torch.rand(1, 9, 14, 3)).shape == (1, 2, 4, 3)


def test_another_model_is_refused(monkeypatch, tmp_path):
    words = Patches()
    words.config = SimpleNamespace()
    pretend(monkeypatch, words)
    with pytest.raises(InputError, match="names no patch_size"):
        load_image_teacher(tmp_path, CPU)
