"""Videos scored in several passes, told alike by ``pcv eval`` and ``pcv predict``."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from pcv.config.data import DataConfig
from pcv.config.scoring import EvalConfig
from pcv.data.dataset import evaluation_batches
from pcv.data.store.store import open_store
from pcv.errors import InputError
from pcv.evaluate.videos import score_clips
from pcv.stages.evaluate import evaluate
from pcv.stages.predict import Wanted, predict
from pcv.stages.pretrained import from_pretrained
from pcv.stages.scoring.video_passes import open_passes, score_passes

SEVERAL = EvalConfig(draws=2, intervals=(1, 2), scales=(0.95, 1.05))


def test_every_pass_has_the_same_say(classified) -> None:
    model, store = from_pretrained(classified.run), open_store(classified.store)
    data = model.recipe.data.model_copy(update={"points": store.points // 2})
    videos = np.arange(len(store))
    passes = open_passes(store, videos, data, SEVERAL)
    assert len(passes) == SEVERAL.video_passes == 12
    assert {(p.draw, p.config.interval) for p in passes} == {
        (draw, interval) for draw in range(3) for interval in (1, 2)
    }
    assert {round(p.config.scale / data.scale, 9) for p in passes} == {0.95, 1.05}
    seen: list[int] = []
    found = score_passes(model.supervised, passes, seen.append)
    assert sum(seen) == sum(map(len, passes))
    wanted = np.zeros_like(found.score)
    for clips in passes:
        alone = score_clips(model.supervised, evaluation_batches(clips, batch=5))
        wanted[np.searchsorted(found.video, alone.video)] += alone.score / alone.clips[:, None]
    np.testing.assert_allclose(found.score, wanted, rtol=1e-5)
    np.testing.assert_allclose(found.score.sum(1), found.clips)
    assert found.label.tolist() == store.videos.label[found.video].tolist()


def test_a_video_too_short_for_an_interval_is_told_by_the_other_passes(classified) -> None:
    model, store = from_pretrained(classified.run), open_store(classified.store)
    longest = int(store.videos.length.max())
    data = model.recipe.data.model_copy(update={"short": "drop"})
    far = (longest - 1) // (data.frames - 1) + 1  # no clip of this interval fits any video
    passes = open_passes(store, np.arange(len(store)), data, EvalConfig(intervals=(1, far)))
    assert len(passes[1]) == 0
    found = score_passes(model.supervised, passes)
    assert set(found.clips.tolist()) == {1}


def test_nothing_to_draw_from_is_refused(classified) -> None:
    store = open_store(classified.store)
    data = DataConfig(frames=4, points=store.points)
    with pytest.raises(InputError, match=r"eval\.draws has nothing to draw from"):
        open_passes(store, np.arange(2), data, EvalConfig(draws=1))


def test_raw_recordings_are_told_in_the_passes_that_score_them(classified, tmp_path: Path) -> None:
    store, raw, run = classified.store, classified.raw, tmp_path / "run"
    shutil.copytree(classified.run, run)
    recipe = yaml.safe_load((run / "recipe.yaml").read_text())
    recipe["eval"] = {"draws": 2, "intervals": [1, 2]}
    (run / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    said = evaluate(run)
    assert said["passes"] == 6
    stored, told = (
        {row["recording"]: row for row in predict(run, [path], wanted=Wanted(top=20))["recordings"]}
        for path in (store, raw)
    )
    assert set(stored) == set(told)
    for name, row in told.items():
        assert row["top"] == stored[name]["top"]
        assert sum(each["score"] for each in row["top"]) == pytest.approx(1)
    names = [row["name"] for row in said["classes"]]
    tested = [row for name, row in told.items() if int(name[5:7]) > 5]
    guessed = [sum(row["label"] == name for row in tested) for name in names]
    assert guessed == np.array(said["confusion"]).sum(0).tolist()
