"""What ``pcv predict`` is given: recordings or rooms of any format, or stores of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pcv.clip import VideoSource
from pcv.data.convert import Storage
from pcv.data.dataset import SPARE
from pcv.data.memory_store import MemoryStore
from pcv.data.raw.build import build_reader
from pcv.data.raw.reader import Reader
from pcv.data.raw.recognise import list_recordings, recognise
from pcv.data.store.store import Store, open_store
from pcv.errors import InputError, RawFileError
from pcv.stages.pretrained import Pretrained


class Reading(NamedTuple):
    """How inputs are to be read."""

    format: str | None = None  # None: guessed
    options: tuple[str, ...] = ()  # KEY=VALUE, of the reader
    skip_bad: bool = False


class Recording(NamedTuple):
    """One recording or room, not read yet."""

    name: str
    path: Path
    format: str
    open: Callable[[], tuple[Store, int]]  # a store that holds it, and its row there


class Found(NamedTuple):
    """What was found at the paths given."""

    recordings: list[Recording]
    told: list[dict[str, str]]  # path, format, and what told it
    bad: list[InputError]


def find_recordings(model: Pretrained, paths: list[Path], reading: Reading) -> Found:
    """Find recordings, or the rooms that a model of scenes wants, and settle how each is read.

    Args:
        model: Recordings of the format it was trained on are read as its store was prepared.
        paths: Recordings, folders of recordings, or stores.
        reading: Format and options.

    Raises:
        InputError: A path is not there, of no known format or holds nothing; an unknown option; an
            unusable recording, unless ``skip_bad``.
    """
    found = Found([], [], [])
    for path in paths:
        try:
            _find(model, path, reading, found)
        except InputError as error:
            if not reading.skip_bad:
                raise
            found.bad.append(error)
    if not found.recordings:
        raise found.bad[0] if found.bad else InputError("no recording given")
    return found


def _find(model: Pretrained, path: Path, reading: Reading, found: Found) -> None:
    if not path.name or path.name == "..":
        path = path.resolve()  # names tell formats
    if reading.format is None:
        kind, sign = recognise(path)
        why = f"for {sign.name}"
    else:
        kind, why = reading.format, "as told"
    found.told.append({"path": str(path), "format": kind, "why": why})
    if kind == "store":
        found.recordings.extend(_stored(model, path, reading))
        return
    alike = kind == model.config.dataset
    reader = build_reader(
        kind,
        path if path.is_dir() else path.parent,
        # Clouds of any kind are read with the colours and normals that the model asks for.
        (model.config.reader if alike else {}) | dict.fromkeys(model.columns, "true"),
        dict(_option(text) for text in reading.options),
        rooms=model.config.scenes,
    )
    storage = storage_of(model, alike=alike)
    bad = found.bad if reading.skip_bad else None
    for source in list_recordings(reader, path, bad):
        found.recordings.append(
            Recording(source.name, source.path, kind, _opener(reader, source, storage, model))
        )


def _stored(model: Pretrained, path: Path, reading: Reading) -> list[Recording]:
    if reading.options:
        raise InputError(f"--read {reading.options[0]}: {path} is a store, read already")
    store = open_store(path)
    if (store.ordered is not None) != model.config.scenes:
        held, wanted = ("scenes", "recordings") if store.ordered else ("recordings", "scenes")
        raise InputError(f"{path}: a store of {held}, and {model.origin} was trained on {wanted}")
    for column in model.columns:
        if column not in store.columns:
            raise InputError(f"{path}: its points have no {column}, and the model reads them")
    rows = enumerate(store.videos.name)
    return [Recording(name, path, "store", partial(_row, store, row)) for row, name in rows]


def _row(store: Store, row: int) -> tuple[Store, int]:
    return store, row


def _opener(
    reader: Reader, source: VideoSource, storage: Storage, model: Pretrained
) -> Callable[[], tuple[Store, int]]:
    def opened() -> tuple[Store, int]:
        if reader.count_frames(source) < 1:
            raise RawFileError(source.path, "no frame in it", "leave it out")
        store = MemoryStore(reader, source, storage, keep=model.columns)
        for column in model.columns:
            if column not in store.columns:
                raise RawFileError(source.path, f"points without {column}", "the model reads them")
        return store, 0

    return opened


def storage_of(model: Pretrained, *, alike: bool) -> Storage:
    """Return how the points of a recording are held in memory.

    As in the store that the model was trained on, but unrounded if the format is another one.

    Raises:
        InputError: The store is not there, which says how.
    """
    known = model.config.storage
    if known is None:
        raise InputError(
            f"{model.origin}: the store it was trained on is not there, which says how recordings "
            "become points; give --store DIR"
        )
    recipe = model.recipe
    # Classifying takes a prefix of the order, so no more of it needs to be found.
    read = recipe.data.points * (SPARE if recipe.eval.draws else 1)
    points = known.points if recipe.labels_points else min(known.points, read)
    return Storage(points, known.dtype, known.step) if alike else Storage(points, "float32", None)


def _option(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise InputError(f"--read {text}: expected KEY=VALUE, such as up=z")
    return key, value
