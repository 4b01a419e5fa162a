import pytest

from pcv.data.files.cloud_files import DepthCamera
from pcv.data.raw.cloud_options import parse_camera, read_camera


def test_a_camera_is_made_of_options() -> None:
    assert parse_camera("585", "") == DepthCamera((585.0, 585.0))
    assert parse_camera("585,590.5", "320,240") == DepthCamera((585.0, 590.5), (320.0, 240.0))


@pytest.mark.parametrize(
    ("focal", "centre"), [("wide", ""), ("5,6,7", ""), ("-5", ""), ("inf", ""), ("5", "1,2,3")]
)
def test_other_options_make_no_camera(focal: str, centre: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the command says what was expected
        parse_camera(focal, centre)


def test_a_camera_is_read_in_whatever_brackets() -> None:
    for camera in (DepthCamera((5.0, 6.0)), DepthCamera((5.0, 6.0), (7.0, -8.0))):
        assert read_camera(str(tuple(camera))) == camera
    assert read_camera("585") == DepthCamera((585.0, 585.0))
    for text in ("1,2,3", "-5", ""):
        with pytest.raises(ValueError, match="expected FX,FY"):
            read_camera(text)
