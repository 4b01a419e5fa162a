import numpy as np

from pcv.clip import COLOUR, LABELS
from pcv.data.store.layout import ArrayLayout, Rows, describe_columns, layout_of, read_columns


def test_columns_come_back_from_the_attributes() -> None:
    columns = {"labels": LABELS, "colour": COLOUR}
    assert read_columns({"columns": describe_columns(columns)}) == columns
    assert read_columns({}) == {}


def test_only_scenes_are_files_of_their_own() -> None:
    assert layout_of({}) == ArrayLayout(8, 512, 256)
    assert layout_of({"ordered": 5}).shard_frames == 1


def test_rows_are_views() -> None:
    rows = Rows.zeros(3, 4, "int16", {"labels": LABELS})
    rows.since(1).columns["labels"][0] = 7
    assert rows.columns["labels"][:, 0].tolist() == [0, 7, 0]
    assert rows.points.dtype == np.int16
