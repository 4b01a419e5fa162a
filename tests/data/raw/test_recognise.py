from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.build import build_reader
from pcv.data.raw.nvgesture import NvGesture
from pcv.data.raw.recognise import list_recordings, recognise
from pcv.errors import InputError
from tests import rooms

LINE = "path:./Video_data/class_0{0}/subject{0}_r0 depth:sk_depth:1:9 label:{0}"
SEQUENCE = "SYNTHIA-SEQS-05-FOG"
VIEWS = [f"Stereo_Left/Omni_{side}/000000" for side in "BFLR"]
LISTS = {
    "nvgesture_train_correct_cvpr2016_v2.lst": LINE.format(1),
    "nvgesture_test_correct_cvpr2016_v2.lst": LINE.format(2),
    "train_gestures.txt": "1 1 1 1 1 1 9",
    "test_gestures.txt": "2 1 2 1 2 3 9",
}
# Of each format: the files of a dataset, a recording, and the folder or file that is given for it.
DATASETS = {
    "msr": (["a01_s01_e01_sdepth.bin", "b/a02_s07_e01_sdepth.bin"], "b/a02_s07_e01_sdepth.bin"),
    "utd": (["a1_s1_t1_depth.mat", "a2_s2_t1_depth.mat"], "a1_s1_t1_depth.mat"),
    "ntu": (["x/S001C001P002R001A003/MDepth-00000001.png", "x/S001C001P001R001A001/MDepth-1.png"],
            "x/S001C001P002R001A003"),
    "nvgesture": (["Video_data/class_01/subject1_r0/sk_depth.avi",
                   "Video_data/class_02/subject2_r0/sk_depth.avi", *list(LISTS)[:2]],
                  "Video_data/class_01/subject1_r0"),
    "shrec": (["gesture_1/finger_1/subject_1/essai_1/general_informations.txt",
               "gesture_2/finger_1/subject_2/essai_1/general_informations.txt", *list(LISTS)[2:]],
              "gesture_2/finger_1/subject_2/essai_1"),
    "kitti": (["sequences/00/velodyne/000000.bin", "sequences/07/velodyne/000000.bin"],
              "sequences/07"),
    "synthia": ([f"{name}/{file}" for name in (SEQUENCE, "SYNTHIA-SEQS-01-DAWN")
                 for file in ("CameraParams/intrinsics.txt",
                              *(f"CameraParams/{view}.txt" for view in VIEWS),
                              *(f"{kind}/{view}.png" for view in VIEWS
                                for kind in ("Depth", "RGB", "GT/LABELS")))], SEQUENCE),
}  # fmt: skip


def lay(root: Path, files: list[str]) -> Path:
    """Files of the right names with nothing in them but, in lists, a line."""
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(LISTS.get(file, ""))
    return root


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_and_one_recording_of_it_are_told(name: str, tmp_path: Path) -> None:
    files, one = DATASETS[name]
    root = lay(tmp_path / "given", files)
    assert recognise(root).format == name
    reader = build_reader(name, root, {}, {})
    every = list_recordings(reader, root)
    assert len(every) == 2
    for given in (root / one, *(root / one).glob("*.avi")):
        assert recognise(given).format == name
        (alone,) = list_recordings(reader, given)
        assert alone in every
        assert given in (alone.path, *alone.path.parents)


def test_a_recording_on_no_list_is_refused(tmp_path: Path) -> None:
    files, _ = DATASETS["nvgesture"]
    root = lay(tmp_path, [*files, "Video_data/class_01/subject9_r9/sk_depth.avi"])
    reader, stray = NvGesture(), root / "Video_data/class_01/subject9_r9"
    with pytest.raises(InputError, match="on neither list"):
        list_recordings(reader, stray)
    bad: list[InputError] = []
    assert list_recordings(reader, stray, bad) == []
    assert len(bad) == 1
    (root / "Video_data/class_05").mkdir()
    with pytest.raises(InputError, match="on no list of"):
        list_recordings(reader, root / "Video_data/class_05")
    assert len(list_recordings(reader, root / "Video_data/class_02")) == 1
    (root / files[0]).unlink()
    with pytest.raises(InputError, match="and not there"):
        list_recordings(reader, root / "Video_data/class_01/subject1_r0")
    (root / files[-1]).unlink()
    with pytest.raises(InputError, match="is missing"):
        list_recordings(reader, stray)


def test_anyones_own_are_told_last(store, tmp_path: Path) -> None:
    assert recognise(store.path).format == "store"
    (tmp_path / "walk/one").mkdir(parents=True)
    for number in range(2):
        np.save(tmp_path / f"walk/one/{number}.npy", np.zeros((3, 3)))
    for given, count in (
        (tmp_path, 2),
        (tmp_path / "walk/one", 2),
        (tmp_path / "walk/one/1.npy", 1),
    ):
        assert recognise(given).format == "folder"
        root = given if given.is_dir() else given.parent
        (source,) = list_recordings(build_reader("folder", root, {}, {}), given)
        assert len(source.files) == count
    (tmp_path / "walk/a01_s01_e01_sdepth.bin").touch()
    assert recognise(tmp_path).format == "msr"


@pytest.mark.parametrize(
    ("file", "name"),
    [("scene0000_00_vert.npy", "scannet"), ("scene0000_00/scene0000_00_vh_clean_2.ply", "scannet"),
     ("redkitchen/seq-01/frame-000000.depth.png", "rgbd"), ("mine/0.sens", "rgbd"),
     ("rgbd_dataset_freiburg1_xyz/groundtruth.txt", "rgbd"),
     ("Area_1/office_1/Annotations/chair_1.txt", "s3dis")],
)  # fmt: skip
def test_scenes_are_told_from_anyones_own(file: str, name: str, tmp_path: Path) -> None:
    assert recognise(lay(tmp_path, [file])).format == name


def test_a_posed_recording_given_alone_is_taken_alone(tmp_path: Path) -> None:
    seen = rooms.frames(2)
    for name in "ab":
        rooms.sens(tmp_path / f"{name}.sens", seen)
    reader = build_reader("rgbd", tmp_path, {}, {}, rooms=True)
    assert [source.name for source in list_recordings(reader, tmp_path)] == ["a", "b"]
    (alone,) = list_recordings(reader, tmp_path / "b.sens")
    assert alone.name == "b"
    (tmp_path / "frame-000000.depth.png").touch()
    with pytest.raises(InputError, match="is it a part of one"):
        list_recordings(reader, tmp_path / "frame-000000.depth.png")


def test_what_nobody_reads_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".0001.ply").touch()
    for path in (tmp_path, tmp_path / "notes.txt", tmp_path / "none"):
        with pytest.raises(InputError, match=r"holds nothing|no format|no such file") as caught:
            recognise(path)
        assert str(path) in str(caught.value)
