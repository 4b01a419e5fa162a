import shutil
from pathlib import Path

import numpy as np
import pytest

from pcv.data.farthest_order import farthest_order
from pcv.data.files.png import read_png, write_png
from pcv.data.prepare import prepare
from pcv.data.raw import synthia
from pcv.data.raw.synthia import Synthia
from pcv.data.raw.synthia_views import RAW_IDS, VIEWS, files_of, to_classes
from pcv.data.store.store import open_store
from pcv.errors import InputError, RawFileError

NAME = "SYNTHIA-SEQS-04-DAWN"
SIZE = (24, 32)


def sequence(root: Path, name: str = NAME, frames: int = 2) -> Path:
    """Genuine layout, tiny images: a wall 4 m before each view, sky in its first rows."""
    folder = root / name
    rng = np.random.default_rng(0)
    for view, yaw in zip(VIEWS, (180, 0, 270, 90), strict=True):
        c, s = np.cos(np.deg2rad(yaw)), np.sin(np.deg2rad(yaw))
        for frame in range(frames):
            depth = np.full(SIZE, 400, np.uint16)
            depth[:6] = 65535
            labels = np.zeros((*SIZE, 3), np.uint16)
            labels[..., 0] = rng.choice([0, 2, 8, 15], SIZE)
            labels[:6, :, 0] = 1
            labels[-1, :, 0] = 13
            rgb = np.full((*SIZE, 3), (10, 20, 30), np.uint8)
            # The file holds the translation with its sign changed, and everything by columns.
            pose = np.array([[c, 0, s, -frame], [0, 1, 0, 5], [-s, 0, c, -100], [0, 0, 0, 1.0]])
            files = files_of(folder, view, f"{frame:06}.png")
            for file, image in zip(files, (np.stack([depth] * 3, -1), rgb, labels), strict=False):
                file.parent.mkdir(parents=True, exist_ok=True)
                write_png(file, image)
            files[3].parent.mkdir(parents=True, exist_ok=True)
            files[3].write_text(" ".join(str(v) for v in pose.T.ravel()))
    (folder / "CameraParams/intrinsics.txt").write_text("16\n\n16\n\n12\n")
    return folder


def test_the_published_splits_have_the_published_counts() -> None:
    assert sum(synthia.TRAIN.values()) == 19_888
    assert sum(synthia.VALIDATION.values()) == 815
    assert sum(synthia.TEST.values()) == 1_886
    assert len(synthia.TRAIN) == 21
    assert sum(n for name, n in synthia.TRAIN.items() if name.startswith("04")) == 7_257


def test_class_weights_follow_from_the_frequencies() -> None:
    weight = 1 / np.log(1.2 + np.array(synthia.CLASS_FREQUENCY))
    np.testing.assert_allclose(weight / weight.min(), synthia.CLASS_WEIGHT, atol=1e-4)
    assert len(synthia.CLASS_WEIGHT) == len(synthia.CLASS_NAMES) == len(RAW_IDS) == 12


def test_frames_are_farthest_samples_the_same_every_time(tmp_path: Path) -> None:
    sequence(tmp_path)
    reader = Synthia(points=64)
    (source,) = reader.list_videos(tmp_path)
    assert (source.split, source.subject, reader.count_frames(source)) == ("train", 4, 2)
    video, again = reader.read_video(source), reader.read_video(source)
    other = Synthia(points=64, seed=1).read_video(source)
    np.testing.assert_array_equal(video.frames[1], again.frames[1])
    assert not np.array_equal(video.frames[1], other.frames[1])
    assert farthest_order(video.frames[0], 64).tolist() == list(range(64))
    assert len(video.columns["labels"][0]) == len(video.columns["colour"][0]) == 64


def test_sequences_are_split_as_published_or_as_chosen(tmp_path: Path) -> None:
    for name in ("04-DAWN", "05-FOG", "06-SUNSET"):
        sequence(tmp_path, f"SYNTHIA-SEQS-{name}", frames=1)
    assert [s.split for s in Synthia().list_videos(tmp_path)] == ["train", "validation", "test"]
    chosen = Synthia(test=("04-DAWN",), validation=("06-SUNSET",)).list_videos(tmp_path)
    assert [s.split for s in chosen] == ["test", "train", "validation"]


def replace(image: Path, change) -> None:
    write_png(image, change(read_png(image)))


def image_of(folder: Path, kind: int, view: str = "Omni_L") -> Path:
    return files_of(folder, view, "000001.png")[kind]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: image_of(f, 0).write_bytes(image_of(f, 0).read_bytes()[:-30]), "PNG"),
        (lambda f: image_of(f, 1).unlink(), r"RGB.*000001\.png: is missing, with 0 others"),
        (lambda f: image_of(f, 2).write_bytes(b"GIF89a"), "does not begin with"),
        (lambda f: replace(image_of(f, 2), lambda i: i[:-1]), r"LABELS.*size \(23, 32\)"),
        (lambda f: replace(image_of(f, 2), lambda i: i + 40), "LABELS.*unknown class id"),
        (lambda f: replace(image_of(f, 1), lambda i: i[..., 0]), "no 8-bit colour"),
        (lambda f: replace(image_of(f, 1), lambda i: i.astype("u2")), "no 8-bit colour"),
        (lambda f: image_of(f, 3).write_text("1 2 3"), r"000001\.txt: does not hold 16 numbers"),
        (lambda f: image_of(f, 3).write_text("nan " * 16), "does not hold 16 numbers"),
        (lambda f: (f / "CameraParams/intrinsics.txt").write_text("532\n"), "lines 1, 3 and 5"),
        (lambda f: (f / "CameraParams/intrinsics.txt").write_text("0\n\n1\n\n1"), "lines 1, 3"),
        (
            lambda f: [p.unlink() for p in (f / "Depth/Stereo_Left/Omni_B").iterdir()],
            "no frame",
        ),
        (lambda f: f.rename(f.with_name("SYNTHIA-SEQS-09-HAIL")), "none of the published splits"),
        (lambda f: f.rename(f.with_name("holiday")), "its name is no name of a sequence"),
        (
            lambda f: [replace(image_of(f, 0, v), lambda i: i * 0 + 9000) for v in VIEWS],
            "fewer than 16 points within 25 m",
        ),
    ],
)
def test_a_damaged_sequence_is_named_in_one_line_or_left_out(
    tmp_path: Path, damage, said: str
) -> None:
    sequence(tmp_path, "SYNTHIA-SEQS-01-DAWN")
    damage(sequence(tmp_path))
    with pytest.raises(RawFileError, match=said) as caught:
        prepare(Synthia(points=16), tmp_path, tmp_path / "strict", points=16, dtype="float32")
    assert "\n" not in str(caught.value)
    out = tmp_path / "out"
    summary = prepare(Synthia(points=16), tmp_path, out, points=16, dtype="float32", skip_bad=True)
    assert (summary.videos, len(summary.skipped)) == (1, 1)


def test_the_wrong_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        Synthia().list_videos(tmp_path / "none")
    with pytest.raises(InputError, match="holds no folder Depth/Stereo_Left"):
        Synthia().list_videos(tmp_path)
    np.savez(tmp_path / "other.npz", a=1)
    with pytest.raises(RawFileError, match=r"other\.npz: its name is no name of a frame"):
        Synthia().list_videos(tmp_path)


def processed(folder: Path, frame: int = 0, **changes: object) -> Path:
    rng = np.random.default_rng(frame)
    arrays = {
        "pc": rng.normal(50, 5, (40, 3)), "rgb": rng.integers(0, 256, (40, 3)) / 255,
        "semantic": rng.choice([0, 2, 12], 40).astype(np.int32), "center": np.full(3, 50.0),
    }  # fmt: skip
    path = folder / f"{NAME}-{frame:06}.npz"
    np.savez_compressed(path, **{k: v for k, v in (arrays | changes).items() if v is not None})
    return path


def test_processed_frames_are_read_as_they_are(tmp_path: Path) -> None:
    paths = [processed(tmp_path, frame) for frame in (3, 1)]
    (source,) = Synthia().list_videos(tmp_path)
    assert (source.name, source.split, Synthia().count_frames(source)) == (NAME, "train", 2)
    video = Synthia().read_video(source)
    with np.load(paths[1]) as file:
        np.testing.assert_array_equal(video.frames[0], file["pc"].astype(np.float32))
        wanted = to_classes(file["semantic"].astype(int), paths[1])
        np.testing.assert_array_equal(video.columns["labels"][0], wanted)
        np.testing.assert_allclose(video.columns["colour"][0] / 255, file["rgb"], atol=1e-6)
    prepare(Synthia(), tmp_path, tmp_path / "store", points=40, dtype="float32")
    store = open_store(tmp_path / "store")
    assert store.verify() == []
    assert store.info()["columns"] == {"labels": "int16", "colour": "uint8"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pc": None}, "holds rgb, semantic, center, expected pc"),
        ({"pc": np.array([{}, 1], dtype=object)}, "pickled objects, which are never loaded"),
        ({"pc": np.full((40, 3), np.nan)}, "40 of 40 points are not finite"),
        ({"pc": np.zeros((40, 4))}, r"pc is float64 of shape \(40, 4\), expected numbers \(n, 3\)"),
        ({"semantic": np.zeros(39, int)}, r"semantic is .* expected numbers \(40\)"),
        ({"semantic": np.full(40, 99)}, "unknown class id 99"),
        ({"semantic": np.full(40, 2.5)}, "no whole class ids"),
        ({"rgb": np.full((40, 3), 7.0)}, "rgb beyond 0 to 1"),
    ],
)
def test_a_damaged_processed_frame_is_named(tmp_path: Path, changes: dict, said: str) -> None:
    processed(tmp_path, 1, **changes)
    with pytest.raises(RawFileError, match=rf"{NAME}-000001\.npz: .*{said}"):
        prepare(Synthia(), tmp_path, tmp_path / "out", points=8, dtype="float32")


def test_a_processed_frame_twice_is_refused(tmp_path: Path) -> None:
    path = processed(tmp_path)
    (tmp_path / "copy").mkdir()
    shutil.copy(path, tmp_path / "copy")
    with pytest.raises(RawFileError, match="the same frame as"):
        Synthia().list_videos(tmp_path)
