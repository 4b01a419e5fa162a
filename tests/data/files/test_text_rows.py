from pathlib import Path

import pytest

from pcv.data.files.text_rows import read_rows
from pcv.errors import RawFileError


def rows(tmp_path: Path, text: str) -> list[list[float]]:
    (tmp_path / "a.xyz").write_text(text, encoding="utf-8")
    return [[float(word) for word in row] for row in read_rows(tmp_path / "a.xyz")]


@pytest.mark.parametrize(
    "text",
    [
        "-0.5 0.3 2.1\n1 2 3\n",
        "-0,5 0,3 2,1\n1 2 3\n",
        "-0,5\t0,3\t2,1\r\n1\t2\t3\r\n",
        "-0,5;0,3;2,1\n1;2;3;\n",
        "-0,5 ; 0,3 ; 2,1\n1 ; 2 ; 3\n",
        "-0.5,0.3,2.1\n1,2,3\n",
        "-0.5, 0.3, 2.1,\n1 ,2 ,3\n",
        "\ufeff# x, y, z\n// made by hand\n-5e-1 0,3 2,1 # first\n\n1 2 3",
    ],
)
def test_numbers_are_separated_by_what_the_world_writes(tmp_path: Path, text: str) -> None:
    assert rows(tmp_path, text) == [[-0.5, 0.3, 2.1], [1, 2, 3]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3 4,5,6\n", "has commas inside numbers: 1,2,3 4,5,6"),
        ("1,000.5 2,000.5 3\n", "has commas inside numbers"),
        ("0,5, 0,3, 2,1\n", "may be decimal or separate"),
        ("-0,5,0,3,2,1\n", "may be decimal or separate"),
        ("1,05,0,3,2,1\n", "may be decimal or separate"),
        ("0,5 0,3 2,1\n1,2,3\n", "decimal in some lines, but separate in others"),
    ],
)
def test_commas_of_two_meanings_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RawFileError, match=rf"a\.xyz: .*{said}"):
        rows(tmp_path, text)
