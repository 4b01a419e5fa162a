import numpy as np

from pcv.data.store.store import open_store
from pcv.stages.evaluate import evaluate
from pcv.stages.pretrained import from_pretrained
from pcv.stages.scoring.scenes import scene_clips
from pcv.stages.scoring.scores import Asked
from pcv.stages.tasks import TASKS

ROOMS = TASKS["rooms"]


def test_what_is_seen_is_what_is_scored(room_run) -> None:
    model, store = from_pretrained(room_run.run), open_store(room_run.store)
    recipe, scenes = model.recipe, np.array([1, 2])
    found = ROOMS.score(model.supervised, Asked(store, scenes, recipe))
    assert found.confusion.tolist() == evaluate(room_run.run)["confusion"]
    assert found.passes == 1
    clips = scene_clips(store, scenes, recipe)
    counted = 0
    for room, seen in ROOMS.see(model.supervised, clips, recipe.eval):
        told = seen.label[clips.nearest_kept(room)]
        truth = store.read_column("labels", room, np.zeros(1, np.int64), len(told))[0]
        counted += int((told[truth >= 0] == truth[truth >= 0]).sum())
    assert counted == np.trace(found.confusion)


def test_other_rooms_can_stand_beside_them() -> None:
    assert ROOMS.has_companions
    assert not TASKS["points"].has_companions
    assert not TASKS["objects"].has_companions
