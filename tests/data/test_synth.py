from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.msr import MsrAction3d, read_depth
from pcv.data.synth import Recording, render, synthesise
from pcv.errors import InputError


def test_files_are_genuine_and_parts_lie_on_the_foreground(tmp_path: Path) -> None:
    assert synthesise(tmp_path, actions=2, subjects=2, trials=1) == 4
    reader = MsrAction3d()
    videos = reader.list_videos(tmp_path)
    assert len(videos) == 4
    depth = read_depth(videos[0].path)
    with np.load(tmp_path / "parts" / f"{videos[0].name}_parts.npz") as file:
        parts = file["parts"]
        assert parts.max() <= len(file["names"])
    np.testing.assert_array_equal(parts > 0, depth > 0)
    assert 24 <= len(depth) <= 90
    assert 1000 < (depth > 0).sum() / len(depth) < 40_000
    assert 1000 < depth[depth > 0].min() < depth.max() < 5000


def test_depth_is_that_of_the_capsules() -> None:
    """A ray's first hit lies on a capsule: its distance to the axis is the radius."""
    from pcv.data import synth
    from pcv.data.body import capsules, draw_person
    from pcv.data.motions import ACTIONS

    shapes = capsules(draw_person(np.random.default_rng(3)), ACTIONS[10](0.5))
    depth = np.full((synth.HEIGHT, synth.WIDTH), np.inf, np.float32)
    parts = np.zeros(depth.shape, np.uint8)
    synth._cast(shapes, depth, parts)
    rows, columns = np.nonzero(np.isfinite(depth))
    for row, column in list(zip(rows, columns, strict=True))[::97]:
        ray = np.array([(column - 160) / 280, (row - 120) / 280, 1.0])
        a, b, r = np.split(shapes[parts[row, column] - 1], [3, 6])
        point = ray * depth[row, column]
        along = np.clip((point - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        assert np.linalg.norm(point - a - along * (b - a)) == pytest.approx(r[0], abs=1e-3)


def test_the_same_seed_gives_the_same_bytes_for_any_number_of_jobs(tmp_path: Path) -> None:
    synthesise(tmp_path / "one", actions=1, subjects=2, trials=1, jobs=1)
    synthesise(tmp_path / "two", actions=1, subjects=2, trials=1, jobs=2)
    for path in (tmp_path / "one").glob("*.bin"):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_trials_subjects_and_seeds_differ() -> None:
    first = render(Recording(0, 1, 1, 0))[0]
    for other in (Recording(0, 1, 2, 0), Recording(0, 2, 1, 0), Recording(0, 1, 1, 1)):
        depth = render(other)[0]
        assert depth.shape != first.shape or (depth != first).any()


def test_a_folder_of_something_else_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match=r"thesis\.tex"):
        synthesise(tmp_path)
    with pytest.raises(InputError, match="choose"):
        synthesise(tmp_path / "new", actions=99)
