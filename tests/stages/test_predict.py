"""Predictions of raw recordings equal those of the store that was prepared of them, bit for bit."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.utd import UtdMhad
from pcv.errors import InputError, PcvError, RawFileError
from pcv.stages.evaluate import evaluate
from pcv.stages.export import Export, export
from pcv.stages.predict import Reading, Wanted, predict
from tests.conftest import finetuned
from tests.stages.prediction.test_room_labels import cloud


def by_name(found: dict) -> dict[str, dict]:
    return {row["recording"]: row for row in found["recordings"]}


def test_a_raw_recording_is_told_as_the_store_of_it_to_the_bit(classified, tmp_path: Path) -> None:
    stored = by_name(predict(classified.run, [classified.store], wanted=Wanted(top=20)))
    told = predict(classified.run, [classified.raw], wanted=Wanted(top=20))
    assert told["inputs"][0]["format"] == "msr"
    raw = by_name(told)
    assert set(raw) == set(stored)
    assert len(raw) == 12
    for name, row in raw.items():
        assert row["top"] == stored[name]["top"]
        assert sum(each["score"] for each in row["top"]) == pytest.approx(1)
        assert (row["label"], row["score"]) == tuple(row["top"][0].values())
    one = next(classified.raw.rglob("a02_s03_*.bin"))
    alone = predict(classified.run, [one], wanted=Wanted(top=20))["recordings"]
    assert [row["top"] for row in alone] == [raw["a02_s03_e01"]["top"]]
    export(classified.run, tmp_path / "m", Export(program=False))
    exported = predict(tmp_path / "m", [one], wanted=Wanted(top=20))["recordings"]
    assert exported == alone


def test_predictions_are_those_that_scoring_counts(classified) -> None:
    scored = evaluate(classified.run)
    names = [row["name"] for row in scored["classes"]]
    raw = by_name(predict(classified.run, [classified.raw]))
    tested = [row for name, row in raw.items() if int(name[5:7]) > 5]
    guessed = [sum(row["label"] == name for row in tested) for name in names]
    assert guessed == np.array(scored["confusion"]).sum(0).tolist()


def test_a_recording_shorter_than_a_clip_is_padded_and_says_so(classified, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "raw/mine").mkdir(parents=True)
    for t in range(3):
        np.save(tmp_path / f"raw/mine/{t}.npy", rng.normal(size=(60, 3)))
    found = predict(classified.run, [tmp_path / "raw/mine"])
    assert found["inputs"][0]["format"] == "folder"
    (row,) = found["recordings"]
    assert (row["recording"], row["frames"], row["padded"], row["clips"]) == ("mine", 3, True, 1)
    turned = predict(
        classified.run, [tmp_path / "raw"], reading=Reading(options=("up=z", "unit=0.5"))
    )
    assert turned["recordings"][0]["top"] != row["top"]


def test_a_bad_recording_stops_it_or_is_left_out_and_listed(classified, tmp_path: Path) -> None:
    bad, good = tmp_path / "a01_s01_e01_sdepth.bin", next(classified.raw.rglob("a02_s03_*.bin"))
    bad.write_bytes(good.read_bytes()[:500])
    with pytest.raises(InputError, match="truncated"):
        predict(classified.run, [bad, good])
    skipping = Reading(skip_bad=True)
    found = predict(classified.run, [bad, good, tmp_path / "none"], reading=skipping)
    assert [row["recording"] for row in found["recordings"]] == ["a02_s03_e01"]
    assert len(found["skipped"]) == 2
    with pytest.raises(InputError, match="truncated"):
        predict(classified.run, [bad], reading=skipping)


def test_what_cannot_be_asked_is_one_line(classified, segmented, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="labels no points"):
        predict(classified.run, [classified.store], wanted=Wanted(tmp_path / "out"))
    with pytest.raises(InputError, match="give --out DIR"):
        predict(segmented.run, [segmented.store])
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with pytest.raises(InputError, match="not empty"):
        predict(segmented.run, [segmented.store], wanted=Wanted(tmp_path / "full"))
    twice = [segmented.store, segmented.raw]
    with pytest.raises(InputError, match="two recordings are named 00"):
        predict(segmented.run, twice, wanted=Wanted(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    store = json.loads((segmented.store / "zarr.json").read_text())
    store["attributes"]["videos"]["name"][0] = "../../escaped"
    hostile = tmp_path / "store"
    hostile.mkdir()
    for each in segmented.store.iterdir():
        if each.name != "zarr.json":
            (hostile / each.name).symlink_to(each)
    (hostile / "zarr.json").write_text(json.dumps(store))
    with pytest.raises(InputError, match="cannot be written below"):
        predict(segmented.run, [hostile], wanted=Wanted(tmp_path / "out"))


def test_a_scene_as_a_whole_has_no_class(classified, tmp_path: Path) -> None:
    export(classified.run, tmp_path / "m", Export(program=False))
    tree = json.loads((tmp_path / "m/config.json").read_text()) | {"scenes": True}
    (tmp_path / "m/config.json").write_text(json.dumps(tree))
    with pytest.raises(InputError, match="cannot read scenes"):
        predict(tmp_path / "m", [classified.raw])


def test_bad_rooms_are_one_line_and_leave_nothing(room_run, tmp_path: Path) -> None:
    table = cloud(room_run)
    missing = table.copy()
    missing[::2, 1] = np.nan
    given = {
        "grey": (table[:, :3], "has|have no colour"),
        "small": (table[:99], "has [0-9]+ points 0.2 m apart, but the model reads regions of 400"),
        "nan": (missing, f"{len(missing[::2])} of {len(table)} points are not finite"),
        "nowhere": (table * np.nan, "not finite|beyond 0 to 255"),
        "none": (table[:0], "holds no point"),
        "millimetres": (table * [1000, 1000, 1000, 1, 1, 1], "--read unit=0.001"),
    }
    for name, (values, said) in given.items():
        np.save(tmp_path / f"{name}.npy", values)
        with pytest.raises(RawFileError, match=said) as caught:
            predict(room_run.run, [tmp_path / f"{name}.npy"], wanted=Wanted(tmp_path / "out"))
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "out").exists()
    skipping = Reading(options=("drop_nan=true",), skip_bad=True)
    files = [tmp_path / "nan.npy", tmp_path / "grey.npy"]
    found = predict(room_run.run, files, wanted=Wanted(tmp_path / "out"), reading=skipping)
    assert [row["points"] for row in found["recordings"]] == [len(table) // 2]
    assert len(found["skipped"]) == 1


def test_rooms_and_recordings_are_not_taken_for_each_other(
    room_run, segmented, classified, tmp_path: Path
) -> None:
    wanted = Wanted(tmp_path / "out")
    for run, given, said in (
        (room_run.run, segmented.store, "a store of recordings, and .* was trained on scenes"),
        (segmented.run, room_run.store, "a store of scenes, and .* was trained on recordings"),
        (
            room_run.run,
            classified.raw,
            "holds recordings of msr, and the model was trained on rooms",
        ),
        (segmented.run, room_run.raw, "holds scenes of scannet, and the model was trained on"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            predict(run, [given], wanted=wanted)
        assert "\n" not in str(caught.value)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    for out, said in ((None, "give --out DIR"), (tmp_path / "full", "not empty")):
        with pytest.raises(InputError, match=said):
            predict(room_run.run, [room_run.store], wanted=Wanted(out))
    with pytest.raises(InputError, match="two recordings are named scene0000_00"):
        predict(room_run.run, [room_run.store, room_run.raw], wanted=wanted)
    with pytest.raises(InputError, match="--read unit: scannet has no options"):
        predict(room_run.run, [room_run.raw], wanted=wanted, reading=Reading(options=("unit=2",)))
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_written_is_one_line(segmented, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PcvError, match="cannot be written"):
        predict(segmented.run, [segmented.store], wanted=Wanted(tmp_path / "file" / "out"))


@pytest.mark.real
def test_real_recordings_are_told_as_the_store_of_them(tmp_path: Path) -> None:
    data = os.environ.get("PCV_DATA")
    if not data:
        pytest.skip("PCV_DATA does not name a folder of real recordings")
    (tmp_path / "raw").mkdir()
    for name in ("a1_s1_t1", "a9_s3_t1", "a2_s2_t1"):
        file = f"{name}_depth.mat"
        (tmp_path / "raw" / file).symlink_to(Path(data) / "utd-mhad/Depth" / file)
    clips = {"dataset": "utd", "frames": 8, "points": 256, "epoch": "videos", "eval_clips": 2}
    encoder, objective = {"width": 0.05, "radius": 0.3}, {"name": "classify", "hidden": 8}
    made = finetuned(tmp_path, UtdMhad(), 512, data=clips, encoder=encoder, objective=objective)
    every = Wanted(top=27)
    raw, stored = (
        by_name(predict(made.run, [given], wanted=every)) for given in (made.raw, made.store)
    )
    assert len(raw) == 3
    assert {name: row["top"] for name, row in raw.items()} == {
        name: row["top"] for name, row in stored.items()
    }
