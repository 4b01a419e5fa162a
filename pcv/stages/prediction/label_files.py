"""The classes of the points of several recordings, written as files of one folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pcv.data.files.labelled_ply import folder_of
from pcv.data.store.store import Store
from pcv.errors import InputError, PcvError
from pcv.stages.prediction.inputs import Recording
from pcv.stages.pretrained import Pretrained

# Labels the recording in a row of a store and writes it to a path; reports the number of clips
# that are done and of all clips.
Labels = Callable[[Pretrained, Store, int, Path, Callable[[int, int], None]], dict[str, Any]]


def label_files(
    model: Pretrained, out: Path, recordings: list[Recording], label: Labels
) -> Callable[[Recording, Callable[[int, int], None]], dict[str, Any]]:
    """Return a function that labels one of the recordings and writes it below a folder.

    Raises:
        InputError: Two recordings have the same name.
    """
    paths = {recording.name: folder_of(out, recording.name) for recording in recordings}
    if len(paths) < len(recordings):
        names = [recording.name for recording in recordings]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two recordings are named {twice}; label them into separate folders")

    def work(recording: Recording, advance: Callable[[int, int], None]) -> dict[str, Any]:
        store, row = recording.open()
        path = paths[recording.name]
        if model.config.scenes:
            path = path.with_name(f"{path.name}.ply")
        try:
            return label(model, store, row, path, advance)
        except OSError as error:
            where = error.filename or out
            raise PcvError(f"{where}: cannot be written: {error.strerror}") from None

    return work
