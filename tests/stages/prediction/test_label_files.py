from pathlib import Path

import pytest

from pcv.errors import InputError, PcvError
from pcv.stages.prediction.inputs import Recording
from pcv.stages.prediction.label_files import label_files


class Model:
    class config:
        scenes = False


def recording(name: str) -> Recording:
    return Recording(name, Path(name), "msr", lambda: ("store", 3))


def test_each_recording_is_written_below_the_folder(tmp_path: Path) -> None:
    told = []
    work = label_files(Model, tmp_path, [recording("a")], lambda *given: told.append(given) or {})
    assert work(recording("a"), print) == {}
    model, store, row, path, advance = told[0]
    assert (model, store, row, advance) == (Model, "store", 3, print)
    assert path == tmp_path / "a"


def test_two_of_one_name_and_a_full_disk_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two recordings are named a"):
        label_files(Model, tmp_path, [recording("a"), recording("a")], print)

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / "a"))

    with pytest.raises(PcvError, match="a: cannot be written: No space left"):
        label_files(Model, tmp_path, [recording("a")], full)(recording("a"), print)
