"""Preparing every layout as a user does: files in, exit code and one line out."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.pcv_cli.command import pcv


@pytest.mark.parametrize("format", ["kitti", "synthia"])
def test_a_synthetic_street_becomes_a_labelled_store(tmp_path: Path, format: str) -> None:
    pcv("synth", tmp_path / "raw", "--format", format, "--sequences", 3, "--frames", 2)
    store = tmp_path / "store"
    told = pcv("prepare", format, tmp_path / "raw", store, "--points", 512, "--jobs", 1, "--json")
    assert json.loads(told)["frames"] == 6
    facts = json.loads(pcv("info", store, "--verify", "--json"))
    assert facts["problems"] == []
    assert facts["columns"]["labels"] == "int16"
    assert facts["points_a_class"]["building"] > 0
    assert sum(facts["points_a_class"].values()) <= 6 * 512


def test_a_synthetic_room_becomes_a_scene_with_views(tmp_path: Path) -> None:
    raw, store = tmp_path / "raw", tmp_path / "store"
    pcv("synth", raw, "--format", "rgbd", "--sequences", 2, "--frames", 4)
    (raw / "room-00/frame-000001.pose.txt").write_text("nan " * 16)
    options = ("--voxel", 0.1, "--image", "60,80", "--held-out", 3, "--test", "room-01")
    told = json.loads(pcv("prepare", "rgbd", raw, store, *options, "--jobs", 1, "--json"))
    assert (told["videos"], told["skipped"]) == (2, [])
    assert told["notes"][0] == "7 views"
    assert "room-00: frame 1: a pose that is not finite" in told["notes"][2]
    facts = json.loads(pcv("info", store, "--verify", "--json"))
    assert facts["problems"] == []
    assert facts["view_pixels"] == "80 x 60"
    assert facts["splits"] == {"test": 1, "train": 1}
    assert facts["points_a_class"]["floor"] > 0
    assert len(facts["frames_left_out"]) == 1


def recordings(root: Path) -> Path:
    for name in ("hop/a", "hop/b", "skip/a", "skip/b"):
        (root / name).mkdir(parents=True)
        for t in range(3):
            np.save(root / name / f"{t}.npy", np.random.default_rng(t).normal(size=(40, 3)))
    return root


def test_anyones_recordings_come_with_a_suggestion(tmp_path: Path) -> None:
    raw = recordings(tmp_path / "raw")
    told = pcv("prepare", "folder", raw, tmp_path / "store", "--points", 32, "--jobs", 1)
    assert "encoder.radius" in told
    assert "data.interval" in told
    facts = json.loads(pcv("info", tmp_path / "store", "--json"))
    assert facts["classes"] == {"hop": 2, "skip": 2}
    assert facts["splits"] == {"test": 2, "train": 2}


def test_one_bad_video_stops_it_or_is_left_out_and_listed(tmp_path: Path) -> None:
    raw = recordings(tmp_path / "raw")
    (raw / "skip/b/1.npy").write_bytes(b"\x93NUMPY")
    common = ("--points", 32, "--jobs", 1)
    said = pcv("prepare", "folder", raw, tmp_path / "strict", *common, code=2)
    assert len([line for line in said.splitlines() if "error:" in line]) == 1
    assert "skip/b/1.npy" in said
    said = pcv("prepare", "folder", raw, tmp_path / "out", *common, "--skip-bad", code=1)
    assert "skipped skip/b/1.npy" in said
    assert json.loads(pcv("info", tmp_path / "out", "--json"))["videos"] == 3
