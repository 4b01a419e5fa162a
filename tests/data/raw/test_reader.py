from pcv.clip import COLOUR, LABELS
from pcv.data.raw.kitti import SemanticKitti
from pcv.data.raw.msr import MsrAction3d
from pcv.data.raw.reader import PointReader, SceneReader, columns_of, reader_settings
from pcv.data.raw.s3dis import S3dis


def test_a_reader_of_videos_says_nothing_of_points() -> None:
    assert columns_of(MsrAction3d()) == {}
    assert reader_settings(MsrAction3d()) == {}


def test_a_reader_of_labelled_points_tells_columns_and_classes() -> None:
    reader = SemanticKitti()
    assert isinstance(reader, PointReader)
    assert columns_of(reader) == {"labels": LABELS}
    told = reader_settings(reader)
    assert told["point_class_names"] == list(reader.point_class_names)
    assert "ordered" not in told


def test_a_reader_of_scenes_tells_how_many_points_are_ordered() -> None:
    reader = S3dis()
    assert isinstance(reader, SceneReader)
    assert columns_of(reader)["colour"] == COLOUR
    assert reader_settings(reader)["ordered"] == reader.ordered
