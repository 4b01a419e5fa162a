from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.kitti import DEFAULT_MAP
from pcv.data.raw.label_map import LabelMap, MappedClasses, read_label_map
from pcv.errors import InputError, RawFileError


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
