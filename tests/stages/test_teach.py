"""pcv teach: features of every view of a store."""

import numpy as np
import pytest
import torch

from pcv.data.teacher_features import TeacherFeatures
from pcv.errors import InputError
from pcv.stages import teach as stage
from tests.stages.posed_jobs import posed_store


def test_every_view_is_taught_once(monkeypatch, tmp_path):
    store = posed_store(tmp_path)
    pool = torch.nn.AvgPool2d(10)
    monkeypatch.setattr(
        stage, "load_teacher", lambda w, d: lambda c: pool(c.movedim(-1, 1)).movedim(1, -1)
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


def test_a_store_without_images_is_refused(labelled, tmp_path):
    with pytest.raises(InputError, match="holds no posed images"):
        stage.teach(labelled.path, tmp_path / "out", tmp_path)
