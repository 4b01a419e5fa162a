import errno
import os
from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.msr import MsrAction3d, read_depth_bin
from pcv.errors import InputError, PcvError
from pcv.synth.people import FORMATS, render, synthesise_people
from pcv.synth.recording import SyntheticRecording


def test_files_are_genuine_and_parts_lie_on_the_foreground(tmp_path: Path) -> None:
    assert synthesise_people(tmp_path, actions=2, subjects=2, trials=1) == 4
    reader = MsrAction3d()
    videos = reader.list_videos(tmp_path)
    assert len(videos) == 4
    depth = read_depth_bin(videos[0].path)
    with np.load(tmp_path / "parts" / f"{videos[0].name}_parts.npz") as file:
        parts = file["parts"]
        assert parts.max() <= len(file["names"])
    np.testing.assert_array_equal(parts > 0, depth > 0)
    assert 24 <= len(depth) <= 90
    assert 1000 < (depth > 0).sum() / len(depth) < 40_000
    assert 1000 < depth[depth > 0].min() < depth.max() < 5000


def test_the_same_seed_gives_the_same_bytes_for_any_number_of_jobs(tmp_path: Path) -> None:
    synthesise_people(tmp_path / "one", actions=1, subjects=2, trials=1, jobs=1)
    synthesise_people(tmp_path / "two", actions=1, subjects=2, trials=1, jobs=2)
    for path in (tmp_path / "one").glob("*.bin"):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_what_an_earlier_call_finished_is_kept_and_a_killed_one_goes_on(tmp_path: Path) -> None:
    synthesise_people(tmp_path, actions=1, subjects=2, trials=1)
    first, second = sorted(tmp_path.glob("*.bin"))
    wanted, before = second.read_bytes(), first.stat().st_mtime_ns
    second.unlink()  # killed after the parts, within the depth
    (tmp_path / f".{second.name}.77.part").write_bytes(wanted[:99])
    synthesise_people(tmp_path, actions=1, subjects=2, trials=1)
    assert second.read_bytes() == wanted
    assert first.stat().st_mtime_ns == before
    (tmp_path / "parts" / "a01_s02_e01_parts.npz").write_bytes(b"damaged")
    synthesise_people(tmp_path, actions=1, subjects=2, trials=1)
    with np.load(tmp_path / "parts" / "a01_s02_e01_parts.npz") as file:
        assert file["seed"] == 0


def test_a_real_recording_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a01_s01_e01_sdepth.bin"
    path.write_bytes(b"years of work")
    with pytest.raises(InputError, match=path.name):
        synthesise_people(tmp_path, actions=1, subjects=1, trials=1)
    assert path.read_bytes() == b"years of work"
    assert list(tmp_path.iterdir()) == [path]


def test_seeds_are_not_mixed_in_a_folder(tmp_path: Path) -> None:
    synthesise_people(tmp_path, actions=1, subjects=1, trials=1)
    with pytest.raises(InputError, match="of seed 0, asked for 1"):
        synthesise_people(tmp_path, actions=1, subjects=1, trials=1, seed=1)


@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (errno.ENOSPC, PcvError, "the disk is full"),
        (errno.EACCES, InputError, "Permission denied"),
    ],
)
def test_a_disk_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type, said: str
) -> None:
    def fail(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setitem(FORMATS, "msr", FORMATS["msr"]._replace(write=fail))
    with pytest.raises(kind, match=said):
        synthesise_people(tmp_path / "out", actions=1, subjects=1, trials=1)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file"):
        synthesise_people(tmp_path / "file")
    with pytest.raises(InputError, match="file"):
        synthesise_people(tmp_path / "file" / "below")


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    synthesise_people(
        tmp_path, actions=1, subjects=2, trials=1, progress=lambda *state: seen.append(state)
    )
    assert seen == [(1, 2, "a01_s01_e01"), (2, 2, "a01_s02_e01")]


def test_trials_subjects_and_seeds_differ() -> None:
    first = render(SyntheticRecording(0, 1, 1, 0))[0]
    for other in (
        SyntheticRecording(0, 1, 2, 0),
        SyntheticRecording(0, 2, 1, 0),
        SyntheticRecording(0, 1, 1, 1),
    ):
        depth = render(other)[0]
        assert depth.shape != first.shape or (depth != first).any()


def test_a_folder_of_something_else_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match=r"thesis\.tex"):
        synthesise_people(tmp_path)
    with pytest.raises(InputError, match="choose"):
        synthesise_people(tmp_path / "new", actions=99)
    with pytest.raises(InputError, match="choose one of msr"):
        synthesise_people(tmp_path / "new", format="avi")


def test_formats_are_not_mixed_in_a_folder(tmp_path: Path) -> None:
    synthesise_people(tmp_path, actions=1, subjects=1, trials=1)
    mark = tmp_path / "parts" / "made.json"
    mark.write_text(mark.read_text().replace("msr", "ntu"))
    with pytest.raises(InputError, match="of format ntu, asked for msr"):
        synthesise_people(tmp_path, actions=1, subjects=1, trials=1)


def test_a_recording_put_among_synthetic_ones_is_not_overwritten(tmp_path: Path) -> None:
    synthesise_people(tmp_path, actions=1, subjects=1, trials=1)
    real = tmp_path / "a01_s02_e01_sdepth.bin"
    real.write_bytes(b"years of work")
    with pytest.raises(InputError, match="was not synthesised"):
        synthesise_people(tmp_path, actions=1, subjects=2, trials=1)
    assert real.read_bytes() == b"years of work"
