from pathlib import Path

from pcv.stages.report import report
from pcv.train.run import RunFolder, RunResult


def test_a_table_alone_or_with_a_page(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a")
    folder.open("x", resume=False)
    folder.finish(
        RunResult(stage="probe", recipe="r", seed=0, dataset="d", protocol="strict", init="random",
                  steps=0, seconds=1.0, scores={"linear": 0.5})
    )  # fmt: skip
    rows, written = report([tmp_path / "a"], None)
    assert rows[0].scores == {"linear": [0.5]}
    assert written == []
    _, written = report([tmp_path / "a"], tmp_path / "page")
    assert [path.name for path in written] == ["report.md", "report.csv"]
