import numpy as np

from pcv.data.store.store import open_store
from pcv.stages.pretrained import from_pretrained
from pcv.stages.scoring.scenes import scene_clips
from pcv.stages.scoring.scores import Asked
from pcv.stages.tasks import TASKS

OBJECTS = TASKS["objects"]


def test_objects_are_seen_beside_classes(object_run) -> None:
    model, store = from_pretrained(object_run.run), open_store(object_run.store)
    clips = scene_clips(store, np.array([1]), model.recipe)
    ((room, seen),) = OBJECTS.see(model.supervised, clips, model.recipe.eval)
    assert room == 1
    assert seen.label.shape == seen.share.shape == (clips.kept(1),)
    assert ((seen.share > 0) & (seen.share <= 1)).all()
    confidence = [each.confidence for each in seen.objects]
    assert confidence == sorted(confidence, reverse=True)
    found = OBJECTS.score(model.supervised, Asked(store, np.array([1]), model.recipe))
    assert {"ap50", "miou_present_classes", "point_accuracy"} <= set(found.values)
