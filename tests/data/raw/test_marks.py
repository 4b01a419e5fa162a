from pcv.data.raw.marks import Choice


def test_choices_are_told_in_words() -> None:
    assert str(Choice(60, 120)) == "60 or 120"
    assert str(Choice("-y", "y", "z")) == "-y, y or z"
