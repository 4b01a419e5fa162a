"""What changed in recordings since a store was prepared, or begun, from them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pcv.clip import VideoSource
from pcv.data.store.checksum import source_checksum
from pcv.errors import StoreError

CLOCK = 2  # seconds within which file systems may note one time
NOTED = ("label", "subject", "camera", "split")  # what is known of a video before it is read


def noted(source: VideoSource) -> dict[str, Any]:
    """Return what a store notes of a video before it is read."""
    return {key: getattr(source, key) for key in ("name", *NOTED)}


def refuse_changes(
    written: Path,
    entries: list[dict[str, Any]],
    sources: list[VideoSource],
    settings: Mapping[str, Any],
) -> None:
    """Refuse recordings that changed since a store noted them, so that nothing old stays unseen.

    Args:
        written: The file of the store that was written when they were noted.
        entries: What was noted; see ``what_changed``.
        sources: All recordings that are found now.
        settings: The settings of the store, with its class names.

    Raises:
        StoreError: Something changed; the error says what.
    """
    since = written.stat().st_mtime - CLOCK
    if changed := what_changed(entries, sources, settings["class_names"], since):
        out = written.parent.parent if written.name == "plan.json" else written.parent
        raise StoreError(
            f"{out}: was prepared from other recordings: {changed}; "
            "give another folder, or remove this one and prepare again"
        )


def what_changed(
    entries: Iterable[Mapping[str, Any]],
    sources: list[VideoSource],
    class_names: list[str],
    since: float | None = None,
) -> str:
    """Say in some words what differs between videos that were noted and those that are there now.

    Args:
        entries: What was noted of each video, as by ``noted``; with ``sha256``, where the content
            of its files was noted, too.
        sources: All recordings that are found now.
        class_names: The names of labels.
        since: Seconds since the epoch. The content is read only where a file or its folder changed
            after that, by the clock of the file system, which copying does not set back.

    Returns:
        An empty text where nothing changed.
    """
    found = {source.name: source for source in sources}
    lines = []
    for entry in entries:
        source = found.get(entry["name"])
        if source is None:
            lines.append(f"{entry['name']} is not there any more")
        elif said := _moved(entry, source, class_names) or _rewritten(entry, source, since):
            lines.append(f"{source.name} {said}")
    more = f", and {len(lines) - 1} more changed" if len(lines) > 1 else ""
    return lines[0] + more if lines else ""


def _moved(entry: Mapping[str, Any], source: VideoSource, class_names: list[str]) -> str:
    for key in NOTED:
        before, now = entry[key], getattr(source, key)
        if before != now and key == "label":
            names = {-1: "unknown", **dict(enumerate(class_names))}
            before, now = (names.get(label, str(label)) for label in (int(before), int(now)))
        if before != now:
            return f"had the {key} {before} and has {now} now"
    return ""


def _rewritten(entry: Mapping[str, Any], source: VideoSource, since: float | None) -> str:
    if entry.get("sha256") is None:
        return ""
    try:
        if since is not None and not _touched(source, since):
            return ""
        same = source_checksum(source) == entry["sha256"]
    except OSError as error:
        return f"cannot be read any more: {error.filename}: {error.strerror}"
    return "" if same else "has other files or contents now"


def _touched(source: VideoSource, since: float) -> bool:
    files = source.files or (source.path,)
    inside = [each for path in files if path.is_dir() for each in path.iterdir()]
    paths = {*files, *inside, *(path.parent for path in files)}
    return any(path.stat().st_ctime >= since for path in paths)


def begun_entries(notes: Path) -> list[dict[str, Any]]:
    """Return what an unfinished store notes of its videos: of those that are done, content too."""
    plan = json.loads((notes / "plan.json").read_text())["videos"]
    entries = [video[0] for video in plan if isinstance(video[0], dict)]  # else an older plan
    for note in sorted(notes.glob("[0-9]*.json")):
        entries += json.loads(note.read_text())["videos"]
    return entries


def stored_entries(
    attributes: Mapping[str, Any], sources: list[VideoSource], raw: Path
) -> list[dict[str, Any]]:
    """Return what the attributes of a finished store note of its videos, for ``what_changed``."""
    table, manifest = attributes["videos"], attributes["manifest"]
    origins = {source.name: origin_of(raw, source) for source in sources}
    shared = Counter(origins.values())  # one checksum stands for several videos: it tells of none
    entries = []
    for row, name in enumerate(table["name"]):
        origin = origins.get(name, "")
        known = manifest.get(origin) if shared[origin] == 1 else None
        entries.append({"name": name, "sha256": known} | {key: table[key][row] for key in NOTED})
    return entries


def origin_of(raw: Path, source: VideoSource) -> str:
    """Return what a video was read from, as the manifest names it."""
    piece = f"[{source.span[0]}:{source.span[1]}]" if source.span and source.files else ""
    return path_below(raw, source.path) + piece


def path_below(raw: Path, path: Path) -> str:
    """Return a path below the raw folder: names repeat where every recording has a folder."""
    return path.relative_to(raw).as_posix() if raw in path.parents else path.name
