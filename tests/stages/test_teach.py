"""pcv teach: features of every view of a store."""

import numpy as np
import pytest
import torch

from pcv.data.scenes.teacher_features import TeacherFeatures
from pcv.errors import InputError, StoreError
from pcv.stages import teach as stage
from tests.stages.posed_jobs import posed_store


def test_every_view_is_taught_once(monkeypatch, tmp_path):
    store = posed_store(tmp_path)
    pool = torch.nn.AvgPool2d(10)
    monkeypatch.setattr(
        stage, "load_image_teacher", lambda w, d: lambda c: pool(c.movedim(-1, 1)).movedim(1, -1)
    )
    count, shape = stage.teach(store.path, tmp_path / "out", tmp_path / "model", image=(30, 40))
    assert (count, shape) == (12, (3, 4, 3))
    features = TeacherFeatures(tmp_path / "out")
    assert (features.model, features.shape) == ("model", (3, 4, 3))
    found = features.read("b", np.arange(6))
    colour = store.views.read(1, np.arange(6)).colour.astype(np.float32) / 255
    expected = colour.reshape(6, 3, 20, 4, 20, 3).mean((2, 4))
    assert np.allclose(found, expected, atol=2e-3)
    with pytest.raises(InputError, match="not empty"):
        stage.teach(store.path, tmp_path / "out", tmp_path / "model")


def test_stopped_it_goes_on_with_what_is_missing(monkeypatch, tmp_path):
    store, seen = posed_store(tmp_path), []

    def load(stop):
        def model(colour):
            if len(seen) == stop:
                raise KeyboardInterrupt
            seen.append(float(colour.mean()))
            return colour[:, ::20, ::20]

        return lambda weights, device: model

    monkeypatch.setattr(stage, "load_image_teacher", load(5))
    with pytest.raises(KeyboardInterrupt):
        stage.teach(store.path, tmp_path / "out", tmp_path / "model")
    with pytest.raises(StoreError, match="no features"):
        TeacherFeatures(tmp_path / "out")
    monkeypatch.setattr(stage, "load_image_teacher", load(99))
    with pytest.raises(InputError, match="begun from another store or model"):
        stage.teach(store.path, tmp_path / "out", tmp_path / "other")
    shape = (3, 4, 3)
    assert stage.teach(store.path, tmp_path / "out", tmp_path / "model") == (12, shape)
    assert len(seen) == 12
    stage.teach(store.path, tmp_path / "whole", tmp_path / "model")
    for one, other in zip(
        sorted((tmp_path / "out").rglob("*.*")), sorted((tmp_path / "whole").rglob("*.*")),
        strict=True,
    ):  # fmt: skip
        assert one.read_bytes() == other.read_bytes()
    assert stage.teach(store.path, tmp_path / "again", tmp_path / "model")[1] == shape


def test_a_store_without_images_is_refused(labelled, tmp_path):
    with pytest.raises(InputError, match="holds no posed images"):
        stage.teach(labelled.path, tmp_path / "out", tmp_path)
