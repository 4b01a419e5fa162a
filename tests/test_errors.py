import errno
import pickle
from pathlib import Path

import pytest
from torch._utils import ExceptionWrapper

from pcv import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.PcvError, 1),
        (errors.InputError, 2),
        (errors.StoreError, 2),
        (errors.RecipeError, 2),
        (errors.CheckpointError, 2),
        (errors.KernelError, 1),
        (errors.DivergedError, 1),
        (errors.InterruptedRunError, 130),
    ],
)
def test_exit_codes_tell_bad_input_from_failure(kind: type[errors.PcvError], code: int) -> None:
    assert kind("x").exit_code == code


def test_a_raw_file_error_survives_the_way_from_a_worker_process() -> None:
    error = errors.RawFileError(Path("a.bin"), "3 bytes, expected 12", "copy it again")
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == "a.bin: 3 bytes, expected 12; copy it again"
    assert copy.path == Path("a.bin")


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "out/a"),
            errors.PcvError,
            "out: the disk is full; free some room and run it again",
        ),
        (
            OSError(errno.EDQUOT, "Disk quota exceeded"),
            errors.PcvError,
            "out: the disk is full; free some room and run it again",
        ),
        (OSError(errno.EACCES, "Permission denied", "out/a"), errors.InputError, "out/a: Perm"),
        (OSError(errno.EACCES, "Permission denied"), errors.InputError, "out: Permission denied"),
        (OSError("odd"), errors.InputError, "out: odd"),
        (errors.InputError("as it is"), errors.InputError, "as it is"),
        (ValueError("a bug"), ValueError, "a bug"),
    ],
)
def test_what_the_disk_refuses_is_one_line(
    error: Exception, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=f"^{said}") as caught, errors.disk_errors(Path("out")):
        raise error
    assert type(caught.value) is kind


def test_a_text_of_lines_is_said_in_one() -> None:
    assert errors.one_line(ValueError("a\n  b\tc\n")) == "a b c"
    assert errors.one_line("a\nbcd", 3) == "a b"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a\x1b[31m\x00b", "a\\x1b[31m\\x00b"),
        ("n\u00f6ne\udcff", "n\u00f6ne\\xff"),
        ("right\u202eleft", "right\\u202eleft"),
        ("[/] :smile: \\", "[/] :smile: \\"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(said: str, shown: str) -> None:
    assert errors.escaped(said) == errors.one_line(said) == shown
    assert errors.escaped("a\nb") == "a\\nb"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.StoreError("a: bad; copy it"), errors.StoreError),
        (errors.RawFileError(Path("a"), "bad", "copy it"), errors.InputError),
        (ValueError("x"), ValueError),
        (KeyError("x"), KeyError),
    ],
)
def test_an_error_of_a_worker_process_is_told_as_it_was_raised(error, kind) -> None:
    try:
        raise error
    except Exception:
        carried = ExceptionWrapper(where="in DataLoader worker process 0")
    with pytest.raises((RuntimeError, type(error))) as caught:
        carried.reraise()
    found = errors.as_raised(caught.value)
    assert isinstance(found, kind)
    if isinstance(found, errors.PcvError):
        assert str(found) == "a: bad; copy it"
    assert errors.as_raised(error) is error
