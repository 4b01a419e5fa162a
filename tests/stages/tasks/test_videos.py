import numpy as np

from pcv.data.store.store import open_store
from pcv.stages.evaluate import evaluate
from pcv.stages.pretrained import from_pretrained
from pcv.stages.scoring.scores import Asked
from pcv.stages.tasks import TASKS

VIDEOS = TASKS["videos"]


def test_a_run_is_scored_as_its_command_says(classified) -> None:
    model, store = from_pretrained(classified.run), open_store(classified.store)
    test = np.flatnonzero(store.videos.split == "test")
    found = VIDEOS.score(model.supervised, Asked(store, test, model.recipe))
    said = evaluate(classified.run)
    assert found.values["accuracy"] == said["accuracy"]
    assert found.confusion.tolist() == said["confusion"]
    assert (found.videos, found.passes) == (len(test), None)


def test_a_class_says_what_it_is_taken_for_most() -> None:
    rows = VIDEOS.class_rows(np.array([[1, 3, 1], [0, 2, 0], [0, 0, 0]]), ["a", "b", "c"])
    assert [row["taken_for"] for row in rows] == ["b", None, None]
    assert [row["accuracy"] for row in rows] == [0.2, 1.0, None]
    assert [row["videos"] for row in rows] == [5, 2, 0]
