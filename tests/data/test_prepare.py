import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pcv.clip import Video
from pcv.data import prepare as module
from pcv.data.prepare import prepare
from pcv.data.raw.msr import MsrAction3d, write_depth
from pcv.data.store.store import open_store
from pcv.errors import InputError, PcvError, RawFileError, StoreError
from tests.conftest import CloudReader, LabelledReader


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Enough real-format frames for several tasks of whole shards."""
    folder = tmp_path / "raw"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for subject in range(1, 9):
        depth = np.zeros((240, 12, 16), np.uint32)
        depth[:, 3:9, 4:12] = rng.integers(1900, 2100, (240, 6, 8))
        write_depth(folder / f"a01_s{subject:02}_e01_sdepth.bin", depth)
    return folder


def test_the_same_bytes_for_any_number_of_jobs(recordings: Path, tmp_path: Path) -> None:
    prepare(MsrAction3d(), recordings, tmp_path / "one", points=16, jobs=1)
    prepare(MsrAction3d(), recordings, tmp_path / "two", points=16, jobs=2)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert len([name for name in files(tmp_path / "one") if "points/c" in name]) > 4


def test_a_kill_at_any_moment_is_resumed_to_the_same_bytes(
    recordings: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from pcv.data.prepare import prepare;"
        "from pcv.data.raw.msr import MsrAction3d;"
        "prepare(MsrAction3d(), Path(sys.argv[1]), Path(sys.argv[2]), points=16)"
    )
    out = tmp_path / "killed"
    command = [sys.executable, "-c", code, str(recordings), str(out)]
    for landmark in ("zarr.json", ".pcv/plan.json", ".pcv/0.json"):
        process = subprocess.Popen(command)
        while process.poll() is None and not (out / landmark).exists():
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
    if (out / ".pcv").exists():  # else it was quicker than the last kill
        with pytest.raises(StoreError, match="unfinished"):
            open_store(out)
    prepare(MsrAction3d(), recordings, out, points=16)
    prepare(MsrAction3d(), recordings, tmp_path / "whole", points=16)
    assert files(out) == files(tmp_path / "whole")


def test_done_work_is_not_done_again(recordings: Path, tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / "out"
    done = []

    def stop_after_one(*arguments: object) -> int:
        if done:
            raise KeyboardInterrupt
        done.append(1)
        return module_run(*arguments)

    module_run = module.run_task
    monkeypatch.setattr(module, "run_task", stop_after_one)
    with pytest.raises(KeyboardInterrupt):
        prepare(MsrAction3d(), recordings, out, points=16)
    before = (out / "points/c/0/0/0").stat().st_mtime_ns
    monkeypatch.setattr(module, "run_task", module_run)
    seen: list[int] = []
    summary = prepare(
        MsrAction3d(), recordings, out, points=16, progress=lambda d, t, w: seen.append(d)
    )
    assert summary.videos == 8
    assert seen[-1] == 8
    assert (out / "points/c/0/0/0").stat().st_mtime_ns == before
    again = prepare(MsrAction3d(), recordings, out, points=16)
    assert again == summary


def test_bad_recordings_stop_it_or_are_listed(recordings: Path, tmp_path: Path) -> None:
    (recordings / "a01_s02_e01_sdepth.bin").write_bytes(b"short")
    (recordings / "wrong.bin").write_bytes(b"")
    empty = np.zeros((3, 12, 16), np.uint32)
    write_depth(recordings / "a01_s03_e01_sdepth.bin", empty)
    with pytest.raises(RawFileError, match=r"wrong\.bin"):
        prepare(MsrAction3d(), recordings, tmp_path / "strict", points=16)
    summary = prepare(MsrAction3d(), recordings, tmp_path / "out", points=16, skip_bad=True)
    assert summary.videos == 6
    assert [line.split(":")[0] for line in summary.skipped] == [
        "a01_s02_e01_sdepth.bin", "a01_s03_e01_sdepth.bin", "wrong.bin",
    ]  # fmt: skip
    store = open_store(tmp_path / "out")
    assert store.verify() == []
    assert "no pixel has a depth" in store.info()["dropped"][1]


def test_float32_keeps_every_bit(raw: Path, reader, tmp_path: Path) -> None:
    prepare(reader, raw, tmp_path / "out", points=16, dtype="float32")
    store = open_store(tmp_path / "out")
    source = reader.list_videos(raw)[0]
    frame = reader.read_video(source).frames[0]
    found = store.read(0, np.array([0]), 16)[0]
    exact = (frame - store.videos.origin[0]).astype(np.float32)
    assert set(map(tuple, found.tolist())) <= set(map(tuple, exact.tolist()))


def test_any_step_verifies(raw: Path, reader, tmp_path: Path) -> None:
    prepare(reader, raw, tmp_path / "out", points=16, step=0.0005)
    assert open_store(tmp_path / "out").verify() == []


def test_too_few_points_are_tiled_and_counted(raw: Path, reader, tmp_path: Path) -> None:
    import zarr

    prepare(reader, raw, tmp_path / "out", points=128)
    frame = reader.read_video(reader.list_videos(raw)[0]).frames[0]
    count = zarr.open_group(tmp_path / "out", mode="r")["count"][:]
    assert count[0] == len(frame)
    assert count[3] == 0
    found = open_store(tmp_path / "out").read(0, np.array([0]), 128)[0]
    np.testing.assert_array_equal(found[len(frame) :], found[: 128 - len(frame)])


def test_a_scene_too_wide_for_int16_says_what_to_do(raw: Path, reader, tmp_path: Path) -> None:
    class Wide(type(reader)):
        def read_video(self, source):
            frames = super().read_video(source).frames
            return Video(source, [frame * 100 for frame in frames])

    with pytest.raises(RawFileError, match="--dtype float32"):
        prepare(Wide(), raw, tmp_path / "out", points=16)


def test_a_point_that_is_not_finite_is_refused(raw: Path, reader, tmp_path: Path) -> None:
    class Broken(type(reader)):
        def read_video(self, source):
            frames = super().read_video(source).frames
            frames[0][0] = np.nan
            return Video(source, frames)

    with pytest.raises(RawFileError, match="finite"):
        prepare(Broken(), raw, tmp_path / "out", points=16)


def test_out_of_another_kind_is_refused(store, raw: Path, reader, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="points 64, asked for 32"):
        prepare(reader, raw, store.path, points=32)
    write_depth(tmp_path / "a01_s01_e01_sdepth.bin", np.ones((2, 4, 4), np.uint32))
    with pytest.raises(StoreError, match="dataset clouds, asked for msr"):
        prepare(MsrAction3d(), tmp_path, store.path, points=64)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").touch()
    with pytest.raises(StoreError, match="holds something else"):
        prepare(reader, raw, tmp_path / "thesis")
    with pytest.raises(StoreError, match="is a file"):
        prepare(reader, raw, tmp_path / "thesis/chapter.tex")
    with pytest.raises(InputError, match="choose int16 or float32"):
        prepare(reader, raw, tmp_path / "new", dtype="int8")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_full_or_forbidden_disk_is_one_line(
    raw: Path, reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(code, os.strerror(code), "somewhere")

    monkeypatch.setattr(module, "write_rows", fail)
    said = "disk is full" if code == errno.ENOSPC else "somewhere: Permission denied"
    with pytest.raises(PcvError, match=said) as caught:
        prepare(reader, raw, tmp_path / "out", points=16)
    assert caught.value.exit_code == (1 if code == errno.ENOSPC else 2)
    monkeypatch.undo()
    assert prepare(reader, raw, tmp_path / "out", points=16).videos == 6


def test_columns_too_are_the_same_bytes_for_any_jobs_and_after_an_interruption(
    raw: Path, labelled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = LabelledReader(lengths=(700, 700, 9, 1100))
    prepare(reader, raw, tmp_path / "one", points=8)
    prepare(reader, raw, tmp_path / "two", points=8, jobs=2)
    run, done = module.run_task, []

    def stop(*arguments: object) -> int:
        if done:
            raise KeyboardInterrupt
        done.append(1)
        return run(*arguments)

    monkeypatch.setattr(module, "run_task", stop)
    with pytest.raises(KeyboardInterrupt):
        prepare(reader, raw, tmp_path / "cut", points=8)
    monkeypatch.setattr(module, "run_task", run)
    prepare(reader, raw, tmp_path / "cut", points=8)
    assert files(tmp_path / "one") == files(tmp_path / "two") == files(tmp_path / "cut")
    with pytest.raises(StoreError, match="columns"):
        prepare(LabelledReader(), raw, _plain(raw, tmp_path), points=8)


def _plain(raw: Path, folder: Path) -> Path:
    prepare(CloudReader(), raw, folder / "plain", points=8)
    return folder / "plain"
