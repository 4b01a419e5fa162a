import pytest

from pcv.data.raw.words import (
    note_centre,
    number,
    numbers,
    read_centre,
    split_names,
    switch,
    whole,
)


def test_numbers_are_read_as_they_are_written() -> None:
    assert (number("0.5"), number("-2"), number("1e-3", 1e-9)) == (0.5, -2.0, 0.001)
    assert (whole("3"), whole("3.0", 1), whole("0", 0), whole("-4")) == (3, 3, 0, -4)
    assert (switch("True"), switch("false")) == (True, False)
    assert numbers("((585.0, 590.5), None)") == [585.0, 590.5]
    assert split_names("a,b,,c d") == ("a", "b", "c d")


def test_a_centre_comes_back_from_its_note() -> None:
    assert read_centre(note_centre((160.0, 119.5))) == (160.0, 119.5)


@pytest.mark.parametrize(
    ("read", "text", "low", "said"),
    [
        (number, "wide", None, "could not convert"),
        (number, "inf", None, "expected a number"),
        (number, "nan", 1e-9, "expected a positive number"),
        (number, "0", 1e-9, "expected a positive number"),
        (whole, "1.5", None, "expected a whole number"),
        (whole, "-1", 0, "expected a whole number"),
        (whole, "12345678901", None, "expected a whole number"),
        (whole, "0", 1, "expected a positive number"),
        (switch, "maybe", None, "expected true or false"),
    ],
)
def test_another_text_says_what_was_expected(read, text: str, low: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(text, low)


def test_a_centre_is_two_numbers() -> None:
    with pytest.raises(ValueError, match="expected two numbers"):
        read_centre("5")
