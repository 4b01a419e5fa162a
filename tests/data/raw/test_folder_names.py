import pytest

from pcv.data.raw.folder_names import Told, read_names, split_of
from pcv.errors import InputError


def test_splits_go_by_the_words_of_the_field_in_any_case() -> None:
    words = ("Train", "VAL", "valid", "validation", "test", "Testing", "walk", "trains", "")
    assert [split_of(word) for word in words] == [
        "train", "validation", "validation", "validation", "test", "test", "", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "label", "split"),
    [
        ("train/walk/v0", "walk", "train"),
        ("walk/Val/v0", "walk", "validation"),
        ("set/TEST/walk/v0", "walk", "test"),
        ("test/v0", "", "test"),
        ("walk/train", "walk", "train"),  # the folder of the split holds the frames
        ("walk/v0", "walk", ""),
        ("v0", "", ""),
    ],
)
def test_a_path_tells_the_class_and_the_split(name: str, label: str, split: str) -> None:
    assert read_names("root", [name]) == {name: Told(label, split)}


def test_splits_that_contradict_or_cover_only_some_videos_are_refused() -> None:
    with pytest.raises(InputError, match="say the splits test and train; keep one"):
        read_names("root", ["train/walk/test/v0"])
    with pytest.raises(InputError, match=r"^root: train/v0 lies in a folder of a split, car/v0 "):
        read_names("root", ["car/v0", "train/v0"])  # toys: a car and a train
