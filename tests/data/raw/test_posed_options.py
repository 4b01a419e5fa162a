import pytest

from pcv.data.raw.posed_options import parse_pinhole, parse_size, read_pinhole


def test_sizes_and_cameras_are_numbers_between_commas() -> None:
    assert parse_size("240,320") == (240, 320)
    assert parse_pinhole("585,590.5,320,240") == (585.0, 590.5, 320.0, 240.0)


@pytest.mark.parametrize(
    ("parse", "text"),
    [(parse_size, "60"), (parse_size, "0.5,60"), (parse_size, "5000,60"), (parse_size, "-1,60"),
     (parse_pinhole, "1,2,3"), (parse_pinhole, "585,585,320,nan"), (parse_pinhole, "wide")],
)  # fmt: skip
def test_other_texts_are_refused(parse, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the command says what was expected
        parse(text)


def test_a_noted_camera_is_read_in_whatever_brackets() -> None:
    camera = (585.0, 590.5, -3.0, 240.0)
    assert read_pinhole(str(camera)) == camera
    for text in ("585", "-1,2,3,4"):
        with pytest.raises(ValueError, match="expected FX,FY,CX,CY"):
            read_pinhole(text)
