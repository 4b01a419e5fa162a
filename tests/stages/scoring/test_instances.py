"""Objects of whole scenes, from a store to average precision."""

import numpy as np
import pytest
import torch

from pcv.clip import Logits
from pcv.config.recipe import build_recipe
from pcv.data.store.store import open_store
from pcv.encoders import build_encoder
from pcv.errors import InputError
from pcv.objectives import build_objective
from pcv.objectives.scene_instances import SceneInstances
from pcv.stages.scoring.instances import find_objects, score_instances
from pcv.stages.scoring.scenes import scene_clips
from pcv.stages.scoring.scores import Asked

ENCODER = {"name": "sparseunet", "inputs": [], "voxel": 0.5, "stem": 4, "channels": [4, 4],
           "blocks": [1, 1]}  # fmt: skip


def recipe(points):
    return build_recipe({
        "stage": "finetune",
        "data": {"frames": 1, "points": points, "instances": True},
        "encoder": ENCODER,
        "objective": {"name": "scene_instances", "stuff": [0, 1], "radius": 0.3, "least": 20},
        "train": {"validation_subjects": 0},
    }, "test")  # fmt: skip


class Oracle(torch.nn.Module):
    """Knows every label and where every object's middle is."""

    def __init__(self, objective, store):
        super().__init__()
        self.config, self.store = objective.config, store
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def guess(self, batch):
        scene, index = int(batch.video), batch.point_index.flatten().clamp(min=0).numpy()
        whole, frame = int(self.store.videos.sizes[scene]), np.zeros(1, np.int64)
        points = self.store.read(scene, frame, whole)[0]
        label = self.store.read_column("labels", scene, frame, whole)[0].astype(np.int64)
        instance = self.store.read_column("instances", scene, frame, whole)[0]
        middle = points.copy()
        for name in np.unique(instance[instance >= 0]):
            middle[instance == name] = points[instance == name].mean(0)
        classes = len(self.store.point_class_names)
        logits = 9.0 * np.eye(classes, dtype=np.float32)[np.maximum(label, 0)]
        shape = (1, 1, len(index), -1)
        return Logits(torch.from_numpy(logits[index]).reshape(shape),
                      torch.from_numpy((middle - points)[index]).reshape(shape))  # fmt: skip


@pytest.fixture(scope="module")
def objects(rooms):
    return open_store(rooms.path)


@pytest.mark.parametrize("points", [300, 100_000])
def test_an_oracle_finds_every_object_and_random_weights_few(objects, points):
    asked = recipe(min(points, int(objects.videos.sizes.min())))
    torch.manual_seed(0)
    encoder = build_encoder(asked.encoder)
    objective = build_objective(asked, encoder, classes=len(objects.point_class_names))
    assert isinstance(objective, SceneInstances)
    scenes = np.arange(min(2, len(objects)))
    what = Asked(objects, scenes, asked)
    values, matrix, count, _ = score_instances(Oracle(objective, objects), what)
    assert count == len(scenes)
    assert values["point_accuracy"] == 1
    assert np.trace(matrix) == matrix.sum()
    random = score_instances(objective, what).values
    if not np.isnan(values["ap50"]):
        assert values["ap50"] > 0.9
        assert random["ap50"] < 0.5


def test_objects_are_found_where_regions_have_middles_of_their_own(objects):
    """The parts of a scene are put together again where they were, in the unit of the recipe."""
    found = []
    for centre in ("none", "clip"):
        asked = recipe(300)
        data = asked.data.model_copy(update={"centre": centre, "scale": 2.0})
        asked = asked.model_copy(update={"data": data})
        objective = build_objective(asked, build_encoder(asked.encoder), classes=20)
        clips = scene_clips(objects, np.arange(1), asked)
        assert len(clips) > 10
        ((_, _, proposals),) = find_objects(Oracle(objective, objects), clips)
        found.append(proposals)
    assert len(found[0]) == len(found[1]) > 3
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one.mask, other.mask)


def test_points_without_instances_are_refused(labelled):
    asked = recipe(50)
    objective = build_objective(asked, build_encoder(asked.encoder), classes=2)
    with pytest.raises(InputError, match="no instances"):
        score_instances(objective, Asked(labelled, np.arange(1), asked))
