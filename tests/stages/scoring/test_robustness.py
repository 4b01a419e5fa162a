import numpy as np
import pytest
import torch

from pcv.encoders import build_encoder
from pcv.errors import InputError
from pcv.evaluate.robustness import COMPANIES
from pcv.objectives.scene_segmentation import SceneSegmentation
from pcv.stages.scoring.robustness import robustness
from tests.stages.scene_jobs import ENCODER, finetuning


def model(store):
    torch.manual_seed(0)
    config = finetuning(store, None).recipe.objective
    return SceneSegmentation(config, build_encoder(ENCODER), classes=20)


def test_single_mode_does_not_move_and_alone_both_modes_are_one(rooms):
    rows = robustness(model(rooms), rooms, np.array([2]), finetuning(rooms, None).recipe)
    assert len(rows) == 2 * len(COMPANIES)
    single, cross = rows[: len(COMPANIES)], rows[len(COMPANIES) :]
    assert {row["moved"] for row in single} == {0.0}
    assert len({row["miou_present_classes"] for row in single}) == 1
    assert cross[0]["point_accuracy"] == single[0]["point_accuracy"]
    assert max(row["moved"] for row in cross) > 0


def test_points_without_labels_are_one_line(rooms, monkeypatch):
    monkeypatch.delitem(rooms.columns, "labels")
    with pytest.raises(InputError, match="have no labels"):
        robustness(model(rooms), rooms, np.array([2]), finetuning(rooms, None).recipe)
