"""Who trains, who validates and who tests."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.config import TrainConfig
from pcv.data.store import Store
from pcv.errors import InputError


class Split(NamedTuple):
    """Rows of the video table, ascending."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def split_videos(store: Store, config: TrainConfig, *, labelled: bool) -> Split:
    """Split a store by its own split column, and carve validation subjects out of train.

    ``test_subjects`` override that column, and ``scenes`` leaves a part of the training videos: a
    seeded share, at least one, or those named. A store that names validation videos has nothing
    carved out. With ``protocol: paper`` nothing validates, and those videos train, as the papers
    on such data do. Of the labelled training videos a stratified, seeded ``label_fraction`` stays,
    at least one a class.

    Args:
        store: Open store.
        config: Protocol, validation subjects, label fraction and seed.
        labelled: Whether labels are used; without them every training video counts.

    Raises:
        InputError: No training video is left, or a subject or a scene is named that is not there.
    """
    subject = store.videos.subject
    split = _split(store, config)
    train = np.flatnonzero(split == "train")
    test = np.flatnonzero(split == "test")
    held = np.flatnonzero(split == "validation")
    if config.protocol == "paper":
        train, held = np.sort(np.concatenate([train, held])), held[:0]
    elif labelled and config.validation_subjects and not len(held):
        people = np.unique(subject[train])
        if config.validation_subjects >= len(people):
            raise InputError(
                f"{store.path}: train.validation_subjects {config.validation_subjects} leaves none "
                f"of {len(people)} training subjects; lower it"
            )
        rng = np.random.default_rng([config.seed, 1])
        chosen = rng.choice(people, config.validation_subjects, replace=False)
        inside = np.isin(subject[train], chosen)
        train, held = train[~inside], train[inside]
    if labelled:
        if (store.videos.label >= 0).any():  # else the labels are those of points
            train = train[store.videos.label[train] >= 0]
        train = _stratified(train, store.videos.label, config)
    train = _scenes(train, store, config)
    if not len(train):
        raise InputError(f"{store.path}: no video to train on")
    return Split(train, held, test)


def _split(store: Store, config: TrainConfig) -> NDArray[np.str_]:
    if not config.test_subjects:
        return store.videos.split
    missing = sorted({*config.test_subjects} - {*store.videos.subject.tolist()})
    if missing:
        known = ", ".join(map(str, np.unique(store.videos.subject)[:20]))
        raise InputError(f"{store.path}: train.test_subjects {missing[0]} is none of {known}")
    return np.where(np.isin(store.videos.subject, config.test_subjects), "test", "train")


def _scenes(rows: NDArray[np.int64], store: Store, config: TrainConfig) -> NDArray[np.int64]:
    if isinstance(config.scenes, tuple):
        names = {store.videos.name[row]: row for row in rows}
        missing = [name for name in config.scenes if name not in names]
        if missing:
            raise InputError(f"{store.path}: train.scenes {missing[0]} is no training video")
        return np.array(sorted(names[name] for name in {*config.scenes}), np.int64)
    if config.scenes == 1 or not len(rows):
        return rows
    rng = np.random.default_rng([config.seed, 4])
    return np.sort(rng.choice(rows, max(1, round(config.scenes * len(rows))), replace=False))


def _stratified(
    rows: NDArray[np.int64], label: NDArray[np.int64], config: TrainConfig
) -> NDArray[np.int64]:
    if config.label_fraction == 1:
        return rows
    rng = np.random.default_rng([config.seed, 2])
    kept = []
    for one in np.unique(label[rows]):
        same = rows[label[rows] == one]
        count = max(1, round(config.label_fraction * len(same)))
        kept.append(rng.choice(same, count, replace=False))
    return np.sort(np.concatenate(kept))
