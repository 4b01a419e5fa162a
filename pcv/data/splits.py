"""Who trains, who validates and who tests."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.config.training import TrainConfig
from pcv.data.store.store import Store
from pcv.errors import InputError


class Split(NamedTuple):
    """Rows of the video table, ascending."""

    train: NDArray[np.int64]  # (n,)
    validation: NDArray[np.int64]  # (m,)
    test: NDArray[np.int64]  # (k,)


def split_videos(
    store: Store, config: TrainConfig, *, labelled: bool, points: bool = False
) -> Split:
    """Split a store by its own split column, and carve validation subjects out of train.

    ``test_subjects`` override that column, and ``scenes`` keeps a part of the training videos: a
    seeded share, at least one, or those named. From a store that names validation videos nothing
    is carved out. With ``protocol: paper`` nothing validates, and those videos train, as in the
    papers on such data. A ``validation_fold`` is held out of pretraining too. Of the labelled
    training videos a stratified, seeded ``label_fraction`` stays (at least one per class), or
    ``shots`` of each class; which ones depends only on the seed and on the people held out.

    Args:
        store: The open store.
        config: Protocol, validation subjects, labelled videos and seed.
        labelled: Whether labels are used; without them every training video counts.
        points: Whether the labels are those of points: then sequences are held out instead of
            subjects, where no subject is known.

    Raises:
        InputError: No training video is left, the fold does not exist, a class has too few videos,
            or a named subject or scene is not in the store.
    """
    split = _split(store, config)
    train = np.flatnonzero(split == "train")
    test = np.flatnonzero(split == "test")
    held = np.flatnonzero(split == "validation")
    if config.protocol == "paper":
        train, held = np.sort(np.concatenate([train, held])), held[:0]
    elif config.validation_fold is not None or (labelled and not len(held)):
        train, held = _carve(store, train, held, config, points)
    if labelled and not points:
        if (store.videos.label >= 0).any():  # else the labels are those of points
            train = train[store.videos.label[train] >= 0]
        train = _stratified(store, train, config)
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
            raise InputError(
                f"{store.path}: train.scenes {missing[0]} is not a training video; if it "
                "validates, lower train.validation_subjects"
            )
        return np.array(sorted(names[name] for name in {*config.scenes}), np.int64)
    if config.scenes == 1 or not len(rows):
        return rows
    rng = np.random.default_rng([config.seed, 4])
    return np.sort(rng.choice(rows, max(1, round(config.scenes * len(rows))), replace=False))


def fold_count(store: Store, config: TrainConfig, *, points: bool = False) -> int:
    """Return how many folds of ``validation_subjects`` the training videos make."""
    train = np.flatnonzero(_split(store, config) == "train")
    people = np.unique(_owners(store, points)[train])
    return -(-len(people) // max(1, config.validation_subjects))


def _owners(store: Store, points: bool) -> NDArray[np.int64]:  # (videos,)
    subject = store.videos.subject.astype(np.int64)
    if points and not (subject >= 0).any():
        return np.arange(len(subject), dtype=np.int64)
    return subject


def _carve(
    store: Store,
    train: NDArray[np.int64],
    held: NDArray[np.int64],
    config: TrainConfig,
    points: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Take whole subjects out of train: those of the fold, or some drawn from the seed."""
    size, fold = config.validation_subjects, config.validation_fold
    if not size:
        return train, held
    owner = _owners(store, points)[train]
    people = np.unique(owner)
    if size >= len(people):
        raise InputError(
            f"{store.path}: train.validation_subjects {size} leaves none of {len(people)} training "
            f"{'sequences' if points else 'subjects'}; lower it, or set it to 0 to validate on none"
        )
    if fold is None:
        chosen = np.random.default_rng([config.seed, 1]).choice(people, size, replace=False)
    elif len(held):
        raise InputError(
            f"{store.path}: the store names validation videos; leave train.validation_fold out"
        )
    else:
        chosen = people[fold * size : (fold + 1) * size]
        if not len(chosen):
            raise InputError(
                f"{store.path}: train.validation_fold {fold}, but {len(people)} training subjects "
                f"make folds 0 to {fold_count(store, config, points=points) - 1}"
            )
    inside = np.isin(owner, chosen)
    return train[~inside], train[inside]


def _stratified(store: Store, rows: NDArray[np.int64], config: TrainConfig) -> NDArray[np.int64]:
    label = store.videos.label
    if config.label_fraction == 1 and not config.shots:
        return rows
    _check_shots(store, rows, config.shots)
    rng = np.random.default_rng([config.seed, 2])
    kept = []
    for one in np.unique(label[rows]):
        same = rows[label[rows] == one]
        count = config.shots or max(1, round(config.label_fraction * len(same)))
        kept.append(rng.choice(same, count, replace=False))
    return np.sort(np.concatenate(kept))


def _check_shots(store: Store, rows: NDArray[np.int64], shots: int) -> None:
    label = store.videos.label
    for one in np.unique(label[label >= 0]):
        count = int((label[rows] == one).sum())
        if count < shots:
            raise InputError(
                f"{store.path}: train.shots {shots}, but class {store.class_names[one]} has "
                f"{count} training videos; lower it"
            )
