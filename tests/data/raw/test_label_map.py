from pathlib import Path

import numpy as np
import pytest
import yaml

from pcv.data.raw import s3dis
from pcv.data.raw.kitti import DEFAULT_MAP
from pcv.data.raw.label_map import LabelMap, MappedClasses, read_label_map
from pcv.errors import InputError, RawFileError
from tests.mutants import refusals


def test_the_benchmark_has_nineteen_classes_and_three_splits() -> None:
    found = read_label_map(DEFAULT_MAP)
    assert len(found.names) == 19
    assert (found.names[0], found.names[8], found.names[18]) == ("car", "road", "traffic-sign")
    raw = np.array([0, 10, 252, 60, 99, 259])
    assert found.classes(raw, Path("x")).tolist() == [-1, 0, 0, 8, -1, 4]
    assert [found.split[n] for n in (10, 8, 21)] == ["train", "validation", "test"]


@pytest.mark.parametrize("raw", [[2], [260], [65535], [-1]])
def test_an_unknown_id_is_named(raw: list[int]) -> None:
    with pytest.raises(RawFileError, match=rf"x: holds the unknown class ids {raw[0]}"):
        read_label_map(DEFAULT_MAP).classes(np.array(raw), Path("x"))


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]", "", "a: [", "learning_map: {0: 0}", "\x00", "!!python/object/apply:os.abort []",
        "labels: {0: a}\nlearning_map: {-1: 0, 99999999: 1}\nlearning_map_inv: {0: 0, 1: 0}",
    ],
)  # fmt: skip
def test_what_is_no_label_map_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(InputError, match=r"map\.yaml: is no label map") as caught:
        read_label_map(tmp_path / "map.yaml")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        read_label_map(tmp_path / "none.yaml")


def test_a_reader_tells_the_names_of_its_map() -> None:
    class Reader(MappedClasses):
        labels = LabelMap((0, -1), ("car",), {})

    assert Reader().class_names == Reader().point_class_names == ("car",)


PARTS = ("learning_map", "learning_map_inv", "labels", "learning_ignore", "split")
VALUES = (
    "null", "[]", "{}", "3", "abc", "{a: b}", "{0: [1]}", "{0: {a: 1}}", "{0: .nan}", "{1.5: 0}",
    "{.inf: 1}", "{0: 99999999999999999999}", "{train: 3}", "{train: [.inf]}", "{train: [[1]]}",
    "[0, 1]", "{2001-01-01: 1}", "{train: abc}", "{99999999999999999999: 0}",
)  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("value", VALUES)
def test_a_part_of_another_kind_is_one_line(tmp_path: Path, part: str, value: str) -> None:
    tree = yaml.safe_load(DEFAULT_MAP.read_text())
    text = yaml.safe_dump({key: tree[key] for key in tree if key != part}) + f"{part}: {value}\n"
    (tmp_path / "m.yaml").write_text(text)
    try:
        found = read_label_map(tmp_path / "m.yaml")
    except InputError as error:
        said = str(error)
    else:
        said = "m.yaml: is no label map: " if found.names else "none"
    assert "m.yaml: is no label map: " in said


def test_no_damage_escapes_as_another_error(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_bytes(s3dis.MAP.read_bytes())

    def read() -> None:
        found = read_label_map(file)
        ids = np.array([0, 1, 40, 300, -1])
        found.known_or_ignored(ids)
        found.classes(ids, Path("x"))

    assert len([*refusals([file], read, 60)]) > 20
    for text in ("", "a", "[]", "3", "a: &a [*a]", "[" * 3000):
        file.write_text(text)
        with pytest.raises(InputError, match="is no label map"):
            read_label_map(file)
