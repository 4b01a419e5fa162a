"""One run shows its result; several show the table of all."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from pcv.stages.repeat import Again, Request
from pcv.train.run import RunFolder, RunResult
from pcv_cli.runs import run_jobs

REQUEST = Request(Path("r.yaml"), "probe", None, None, ())


def result(seed: int) -> RunResult:
    return RunResult(
        stage="probe", recipe="r", seed=seed, dataset="msr", protocol="strict", init="random",
        steps=0, seconds=1.0, scores={"linear": 0.25 + seed / 4}, warning="[few] videos",
    )  # fmt: skip


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run folders of two seeds, and the run that fills them."""

    def run(job: SimpleNamespace, progress: object, **options: bool) -> RunResult:
        job.out.mkdir(parents=True)
        (job.out / "recipe.yaml").write_text("stage: probe\n")
        (job.out / "result.json").write_text(result(job.seed).model_dump_json())
        asked.append(options)
        return result(job.seed)

    asked: list[dict[str, bool]] = []

    def plan(request: Request, again: Again) -> list[SimpleNamespace]:
        seeds = [0] if again.seeds is None else [int(word) for word in again.seeds.split(",")]
        return [SimpleNamespace(out=tmp_path / f"seed{seed}", seed=seed) for seed in seeds]

    monkeypatch.setattr("pcv.stages.repeat.jobs", plan)
    return SimpleNamespace(run=run, asked=asked)


def test_one_run_is_shown_with_its_folder_and_warning(planned, capsys, tmp_path: Path) -> None:
    run_jobs(planned.run, REQUEST, Again(), False, resume=True)
    found = capsys.readouterr()
    assert f"probe {tmp_path / 'seed0'}" in found.out
    assert "scores.linear" in found.out
    assert "warning: [few] videos" in found.err
    assert planned.asked == [{"resume": True}]
    assert RunFolder(tmp_path / "seed0").result() == result(0)


def test_several_runs_are_one_row(planned, capsys) -> None:
    run_jobs(planned.run, REQUEST, Again(seeds="0,1"), True)
    (row,) = json.loads(capsys.readouterr().out)
    assert row["seeds"] == [0, 1]
    assert row["scores"]["linear"] == [0.25, 0.5]
