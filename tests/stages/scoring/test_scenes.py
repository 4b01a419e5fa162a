import json
from pathlib import Path

import numpy as np
import pytest
import torch

from pcv.config.encoder import SerialConfig
from pcv.config.scoring import EvalConfig
from pcv.encoders import build_encoder
from pcv.errors import CheckpointError, InputError, InterruptedRunError, RecipeError
from pcv.stages import training
from pcv.stages.evaluate import evaluate
from pcv.stages.probe import probe
from pcv.stages.scoring.scenes import measure_drift, scene_clips
from pcv.stages.training import finetune, pretrain
from pcv_cli import show
from tests.stages.scene_jobs import DATA, ENCODER, finetuning, pretraining, probing
from tests.stages.test_training import tuned


@pytest.fixture(scope="module")
def pretrained(rooms, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "pre"
    result = pretrain(pretraining(rooms, out))
    assert result.steps == 4
    assert {"agreement", "geometry", "target_entropy", "batch_drift"} <= set(result.scores)
    return out


def test_a_pretrained_encoder_is_finetuned_and_scored_on_every_point(
    rooms, pretrained, tmp_path, capsys
) -> None:
    result = finetune(finetuning(rooms, tmp_path / "f", pretrained))
    assert (result.init, result.n_scored, result.n_in_split) == ("pre", 2, 2)
    lines = [json.loads(line) for line in (tmp_path / "f/metrics.jsonl").read_text().splitlines()]
    assert all({"preserve", "batch_drift"} <= set(line) for line in lines if "loss" in line)
    found = evaluate(tmp_path / "f", others=True)
    for name in ("miou_present_classes", "miou_all_classes", "mean_class_accuracy", "batch_drift"):
        assert found[name] == pytest.approx(result.scores[name])
    labels = [rooms.read_column("labels", s, np.zeros(1, int), int(rooms.videos.sizes[s]))
              for s in (1, 2)]  # fmt: skip
    assert sum(map(sum, found["confusion"])) == sum(int((part >= 0).sum()) for part in labels)
    still = [row for row in found["others"] if row["mode"] == "single"]
    assert len({(row["miou_present_classes"], row["moved"]) for row in still}) == 1
    assert still[0]["moved"] == 0
    assert len(found["others"]) == 2 * len(still)
    show.scores(found)
    said = capsys.readouterr().out
    assert "batch drift" in said
    assert "copies" in said


def test_passes_are_counted_and_change_what_is_found(rooms, pretrained, tmp_path, capsys) -> None:
    """The same weights scored in one pass and in several; choosing an epoch takes one."""
    once = finetune(finetuning(rooms, tmp_path / "f", pretrained))
    assert once.passes == 1
    asked = ("eval.turns=2", "eval.mirror=true")
    found = evaluate(tmp_path / "f", overrides=asked)
    voting = EvalConfig(turns=2, mirror=True)
    again = finetune(finetuning(rooms, tmp_path / "v", pretrained, eval=voting))
    assert found["passes"] == again.passes == 3
    assert found["confusion"] == again.confusion != once.confusion
    assert evaluate(tmp_path / "f")["confusion"] == once.confusion
    assert evaluate(tmp_path / "v", overrides=("eval.turns=1", "eval.mirror=false"))[
        "confusion"
    ] == once.confusion  # fmt: skip
    show.scores(found)
    assert "3 passes" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"only eval\.KEY can be changed"):
        evaluate(tmp_path / "f", overrides=("train.seed=1",))
    with pytest.raises(RecipeError, match="did you mean turns"):
        evaluate(tmp_path / "f", overrides=("eval.turn=1",))


def test_drift_is_measured_over_scenes_together(rooms) -> None:
    torch.manual_seed(0)
    encoder = build_encoder(ENCODER)
    job = probing(rooms, Path("unused"))
    two, one = (scene_clips(rooms, np.array(s), job.recipe) for s in ([0, 1], [0]))
    assert measure_drift(encoder, two) > 0
    assert measure_drift(encoder, one) is None


def test_pretraining_resumes_to_the_same_losses(rooms, tmp_path, monkeypatch) -> None:
    whole = pretrain(pretraining(rooms, tmp_path / "whole"))
    fit, calls = training.fit, []

    def cut_short(state, batches, plan, *, after_step, stop):
        return fit(state, batches, plan, after_step=after_step,
                   stop=lambda: not calls and state.step >= 2)  # fmt: skip

    monkeypatch.setattr(training, "fit", cut_short)
    job = pretraining(rooms, tmp_path / "cut")
    with pytest.raises(InterruptedRunError):
        pretrain(job)
    calls.append(1)
    assert pretrain(job, resume=True).scores == whole.scores
    one, two = ((tmp_path / n / "metrics.jsonl").read_text() for n in ("whole", "cut"))
    assert one == two


def test_channels_other_than_the_checkpoints_are_one_line(rooms, pretrained, tmp_path) -> None:
    bare = ENCODER.model_copy(update={"inputs": ("xyz", "colour")})
    for job in (finetuning(rooms, tmp_path / "f", pretrained, encoder=bare),
                probing(rooms, tmp_path / "p", pretrained, encoder=bare)):  # fmt: skip
        run = finetune if job.recipe.stage == "finetune" else probe
        with pytest.raises(CheckpointError, match=r"encoder\.inputs=\[xyz,colour,normal\]"):
            run(job)
        assert not (job.out / "checkpoints").exists()


def test_scenes_are_needed_and_scenes_alone(labelled, rooms, pretrained, tmp_path) -> None:
    positions = SerialConfig(**(ENCODER.model_dump() | {"inputs": ("xyz",)}))
    plain = DATA.model_copy(update={"colour": False, "normals": False, "points": 32})
    job = probing(labelled, tmp_path / "p", encoder=positions, data=plain)
    with pytest.raises(InputError, match="holds videos"):
        probe(job)
    finetune(tuned(labelled, tmp_path / "t"))
    with pytest.raises(InputError, match="--others is for runs"):
        evaluate(tmp_path / "t", others=True)


def test_a_region_larger_than_a_scene_is_one_line(rooms, tmp_path) -> None:
    data = DATA.model_copy(update={"points": 1 << 15})
    with pytest.raises(InputError, match=r"a region needs data\.points=32768"):
        pretrain(pretraining(rooms, tmp_path / "r", data=data))


def test_labels_are_needed(rooms, tmp_path, monkeypatch) -> None:
    monkeypatch.delitem(rooms.columns, "labels")
    monkeypatch.setattr("pcv.stages.training.open_store", lambda *a: rooms)
    monkeypatch.setattr("pcv.stages.scene_probe.open_store", lambda *a: rooms)
    with pytest.raises(RecipeError, match="have no labels"):
        finetune(finetuning(rooms, tmp_path / "f"))
    with pytest.raises(RecipeError, match="have no labels"):
        probe(probing(rooms, tmp_path / "p"))
