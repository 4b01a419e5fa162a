import errno
from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.png import read_png
from pcv.data.raw.kitti import SemanticKitti
from pcv.data.raw.synthia import Synthia
from pcv.errors import InputError, PcvError
from pcv.synth.drives import synthesise_street

READERS = {"kitti": SemanticKitti(world=True), "synthia": Synthia(points=4096)}


def make(out: Path, format: str, **changes: object) -> int:
    size: dict = {"sequences": 1, "frames": 4, "seed": 0, "progress": None} | changes
    return synthesise_street(out, format, **size)


@pytest.mark.parametrize("format", READERS)
def test_the_reader_puts_what_stands_still_where_it_stood(tmp_path: Path, format: str) -> None:
    """Genuine layout, poses and labels: through the reader, houses stay and the camera moves."""
    make(tmp_path, format)
    reader = READERS[format]
    (source,) = reader.list_videos(tmp_path)
    video = reader.read_video(source)
    walls = [
        frame[labels == reader.class_names.index("building")]
        for frame, labels in zip(video.frames, video.columns["labels"], strict=True)
    ]
    faces = np.unique(np.round(walls[0][:, 0], 1))  # walls along the road stand at few x
    again = np.round(walls[3][:, 0], 1)
    assert len(walls[0]) > 200
    assert np.isin(again, faces).mean() > 0.8
    assert np.median(np.abs(np.diff([w[:, 2].mean() for w in walls]))) > 0.05


def test_images_are_sixteen_bit_colour_as_published(tmp_path: Path) -> None:
    make(tmp_path, "synthia", frames=1)
    folder = tmp_path / "SYNTHIA-SEQS-04-DAWN"
    inner = "Stereo_Left/Omni_F/000000.png"
    assert read_png(folder / "Depth" / inner).dtype == np.uint16
    labels = read_png(folder / "GT/LABELS" / inner)
    assert (labels.dtype, labels.shape[2]) == (np.uint16, 3)
    assert read_png(folder / "RGB" / inner).dtype == np.uint8


@pytest.mark.parametrize("format", READERS)
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, format: str) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        make(tmp_path / name, format, frames=1, seed=seed)

    def files(name: str) -> list[bytes]:
        folder = tmp_path / name
        return [p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()]

    assert files("a") == files("b")
    assert files("a") != files("c")


def test_a_wrong_call_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="choose 1 to 7 sequences"):
        make(tmp_path / "a", "synthia", sequences=8)
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match="holds something already"):
        make(tmp_path, "kitti")
    for code, kind in ((errno.ENOSPC, PcvError), (errno.EACCES, InputError)):

        def fail(*_: object, code: int = code, **__: object) -> None:
            raise OSError(code, "no", "somewhere")

        monkeypatch.setattr(Path, "mkdir", fail)
        with pytest.raises(kind):
            make(tmp_path / "b", "kitti")
