"""Predicting and exporting as a user does: files in, exit code, table or JSON out."""

import json
from pathlib import Path

from tests.pcv_cli.command import pcv


def test_recordings_are_told_in_a_table_or_as_json(classified) -> None:
    one = next(classified.raw.rglob("a02_s03_*.bin"))
    told = json.loads(pcv("predict", classified.run, one, "--top", 4, "--json"))
    (row,) = told["recordings"]
    assert len(row["top"]) == 4
    assert (row["recording"], told["skipped"]) == ("a02_s03_e01", [])
    table = pcv("predict", classified.run, one)
    assert f"{row['score']:.1%}" in table
    assert row["label"] in table
    assert row["top"][2]["label"] in table
    assert row["top"][3]["label"] not in table


def test_points_are_labelled_into_a_folder(segmented, tmp_path: Path) -> None:
    table = pcv("predict", segmented.run, segmented.raw, "--out", tmp_path / "out")
    assert "mean score" in table
    assert len([*(tmp_path / "out/00").glob("*.ply")]) == 5
    said = pcv("predict", segmented.run, segmented.raw, "--out", tmp_path / "out", code=2)
    assert "not empty" in said


def test_rooms_are_labelled_into_a_file_each(object_run, tmp_path: Path) -> None:
    table = pcv("predict", object_run.run, object_run.raw, "--out", tmp_path / "out")
    assert "objects" in table
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        f"scene000{number}_00.ply" for number in range(3)
    ]
    told = json.loads(
        pcv("predict", object_run.run, object_run.store, "--out", tmp_path / "2", "--json")
    )
    assert {"class", "score", "points"} == set(told["recordings"][0]["objects"][0])
    said = pcv("predict", object_run.run, object_run.raw, code=2)
    assert "give --out DIR" in said


def test_bad_input_is_one_line_or_left_out_and_listed(classified, tmp_path: Path) -> None:
    good = next(classified.raw.rglob("a02_s03_*.bin"))
    (tmp_path / "a01_s01_e01_sdepth.bin").write_bytes(b"short")
    given = (classified.run, tmp_path, good)
    said = pcv("predict", *given, code=2)
    assert len([line for line in said.splitlines() if "error:" in line]) == 1
    assert "a01_s01_e01_sdepth.bin" in said
    assert "skipped" in pcv("predict", *given, "--skip-bad", code=1)
    assert "no such file" in pcv("predict", classified.run, tmp_path / "none", code=2)
    assert "neither a run folder" in pcv("predict", tmp_path, good, code=2)


def test_an_export_predicts_as_its_run(classified, tmp_path: Path) -> None:
    out = tmp_path / "m"
    facts = json.loads(pcv("export", classified.run, out, "--no-program", "--json"))
    assert set(facts["files"]) == {"README.md", "config.json", "model.safetensors"}
    one = next(classified.raw.rglob("a02_s03_*.bin"))
    rows = [
        json.loads(pcv("predict", run, one, "--json"))["recordings"]
        for run in (classified.run, out)
    ]
    assert rows[0] == rows[1]
    assert "not empty" in pcv("export", classified.run, out, code=2)
    assert "parameters" in pcv("export", classified.run, tmp_path / "n", "--no-program")
