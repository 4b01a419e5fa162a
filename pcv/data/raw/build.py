"""Readers that are built from options: of a command, of a store's notes, or of a user's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pcv.data.raw import READERS, find_reader, reader_names
from pcv.data.raw.option import options_of
from pcv.data.raw.reader import DatasetReader
from pcv.errors import InputError

Value = str | int | float  # of an option, in words or as a store notes it


def build_reader(
    name: str,
    root: Path,
    noted: Mapping[str, Value],
    given: Mapping[str, Value],
    *,
    rooms: bool = False,
) -> DatasetReader:
    """Build the reader of a format for recordings whose labels and split do not matter.

    Args:
        name: The name of the format.
        root: The folder of the videos, which some readers are told in advance.
        noted: What the reader of a store noted of its options; options that are not read here
            are passed over.
        given: What a user gives; it goes before ``noted``.
        rooms: Whether rooms are to be read, rather than recordings.

    Raises:
        InputError: There is no such format or option, or the option cannot have this value.
        PluginError: The format is that of another package, which is broken.
    """
    kind = _kind(name, root, rooms=rooms)
    known = kind.read_options()
    for key in given:
        if key not in known:
            raise InputError(f"--read {key}: {name} has {', '.join(known) or 'no options'}")
    chosen = {key: value for key, value in noted.items() if key in known} | dict(given)
    values = dict(kind.predict_always)
    for key, value in chosen.items():
        try:
            values[known[key].field] = known[key].read(str(value))
        except ValueError as error:
            raise InputError(f"{name}: option {key} {value}: {error}") from None
    return make_reader(kind, root, values, lambda field: f"{name}: option {_key(kind, field)}")


def make_reader(
    kind: type[DatasetReader], root: Path, values: Mapping[str, Any], say: Callable[[str], str]
) -> DatasetReader:
    """Make a reader of the values of its fields.

    Args:
        kind: The class of the reader.
        root: The folder of the videos, which some readers are told in advance.
        values: The values by the names of the fields.
        say: Turns the name of a field into what the user calls it, for the error.

    Raises:
        InputError: An option cannot have its value.
    """
    rooted = {"root": root} if "root" in kind.__pydantic_fields__ else {}  # type: ignore[attr-defined]  # as pydantic makes it
    made: Callable[..., DatasetReader] = kind
    try:
        return made(**rooted | dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = next(iter(first["loc"]), None)
        known = str(field) if field in options_of(kind) else None
        what = f"{say(known)} {values.get(known)}" if known else kind.dataset
        raise InputError(f"{what}: {first['msg']}") from None


def _key(kind: type[DatasetReader], field: str) -> str:
    return options_of(kind)[field].key


def _kind(name: str, root: Path, *, rooms: bool) -> type[DatasetReader]:
    found = find_reader(name)
    if found is None:
        fit = [known for known in sorted(READERS) if _fits(READERS[known], rooms=rooms)]
        others = [known for known in reader_names() if known not in READERS]
        raise InputError(f"--format {name}: choose store, {', '.join(fit + others)}")
    if not _fits(found, rooms=rooms):
        held, wanted = ("recordings", "rooms") if rooms else ("scenes", "recordings")
        raise InputError(
            f"{root}: holds {held} of {name}, and the model was trained on {wanted}; give {wanted}"
        )
    return found.rooms if rooms and found.rooms else found


def _fits(kind: type[DatasetReader], *, rooms: bool) -> bool:
    return kind.reads_scenes() == rooms or (rooms and kind.rooms is not None)
