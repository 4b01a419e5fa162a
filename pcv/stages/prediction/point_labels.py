"""The classes of all points of a recording, written as one PLY file per frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pcv.data.dataset import ClipDataset, evaluation_batches
from pcv.data.files.labelled_ply import LabelledCloud, write_labelled
from pcv.data.memory_store import INDEX, MemoryStore, frame_sizes
from pcv.data.store.store import Store
from pcv.data.windows import clip_frames, clip_starts, cover
from pcv.evaluate.segmentation import guess_points
from pcv.ops import nearest
from pcv.stages.prediction.placing import put_back
from pcv.stages.pretrained import Pretrained
from pcv.train.device import device_of, to_device
from pcv.whole import whole_folder


def label_recording(
    model: Pretrained, store: Store, row: int, folder: Path, advance: Callable[[int, int], None]
) -> dict[str, Any]:
    """Label every point of every frame once, and write either all frames or none.

    Args:
        model: A model that labels points of videos.
        store: The store that holds the recording.
        row: The row of the recording in the store's table.
        folder: The folder, not there yet, in which ``000000.ply`` and so on are written.
        advance: Called with the number of clips that are done and of all clips.

    Returns:
        JSON-able: frames, points, points_a_class, the mean score of a point, and the folder.
    """
    names = list(model.config.class_names)
    axes = store.attributes.get("axes", model.config.axes)
    counts, total = np.zeros(len(names), np.int64), 0.0
    with whole_folder(folder) as partial:
        for frame, cloud in label_frames(model, store, row, advance):
            write_labelled(partial / f"{frame:06d}.ply", cloud, names, axes)
            counts += np.bincount(cloud.label, minlength=len(names))
            total += float(cloud.score.sum(dtype=np.float64))
    points = int(counts.sum())
    return {
        "frames": int(store.videos.length[row]),
        "points": points,
        "points_a_class": dict(zip(names, counts.tolist(), strict=True)),
        "score": total / points if points else None,
        "files": str(folder),
    }


def label_frames(
    model: Pretrained, store: Store, row: int, advance: Callable[[int, int], None]
) -> Iterator[tuple[int, LabelledCloud]]:
    """Yield the number of every frame, once each, with its labelled points; as above."""
    length = int(store.videos.length[row])
    whole = {"points": store.points, "clip_stride": 1, "eval_clips": 0, "short": "pad"}
    data = model.recipe.data.model_copy(update=whole)
    clips = ClipDataset(store, [row], data, cache=False)
    starts, fresh = cover_all(length, data.frames, data.interval)
    clips.clips = np.stack([np.full(len(starts), row), starts], 1)
    sizes = frame_sizes(store, row)
    for number, batch in enumerate(evaluation_batches(clips, batch=1)):
        with torch.no_grad():
            guess = guess_points(model.supervised, to_device(batch, device_of(model)))
        label, share = guess.label[0].cpu().numpy(), guess.share[0].cpu().numpy()
        held = clip_frames(int(starts[number]), data.frames, data.interval, length)
        for index in np.flatnonzero(fresh[number]):
            frame = int(held[index])
            size = int(sizes[frame])
            yield frame, _cloud(store, row, frame, label[index, :size], share[index, :size])
        advance(number + 1, len(starts))


def cover_all(
    length: int, frames: int, interval: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:  # (clips,), (clips, T)
    """Choose clips that together hold every frame of a video, and say where each is first met.

    The clips are those of scoring. Frames near the end that no whole clip of a wide interval
    reaches get clips of their own, which are padded.

    Returns:
        The first frame of every clip, and which of its frames no earlier clip holds.
    """
    starts = clip_starts(length, frames, interval, 1, "pad")
    clips, fresh = cover(
        np.stack([np.zeros_like(starts), starts], 1), np.array([length]), frames, interval
    )
    chosen, new = clips[:, 1].tolist(), fresh.tolist()
    met = {
        int(f)
        for start, row in zip(chosen, new, strict=True)
        for f in clip_frames(start, frames, interval, length)[row]
    }
    for frame in range(length):
        if frame not in met:
            held = clip_frames(frame, frames, interval, length).tolist()
            new.append([f not in met and f not in held[:index] for index, f in enumerate(held)])
            met |= set(held)
            chosen.append(frame)
    return np.array(chosen, np.int64), np.array(new, bool)


def _cloud(
    store: Store,
    row: int,
    frame: int,
    label: NDArray[np.int64],  # (n,) of the first stored points
    share: NDArray[np.float32],  # (n,)
) -> LabelledCloud:
    """Give every point of the recording's frame a class: its own, or that of the nearest point."""
    size, rows = len(label), np.array([frame])
    if not isinstance(store, MemoryStore):
        placed = store.placed(row, frame, store.points)[:size]
        placed = put_back(store, row, placed)
        return LabelledCloud(placed, label, share, np.zeros(size, bool))
    points = store.video.frames[frame]
    seen = store.read_column(INDEX, row, rows, store.points)[0, :size]
    source = np.empty(len(points), np.int64)  # the seen point from which a point takes its class
    source[seen] = np.arange(size)
    unseen = np.ones(len(points), bool)
    unseen[seen] = False
    if unseen.any():
        near = torch.from_numpy(points - points[0])[None]
        index, _ = nearest(near[:, seen], near[:, unseen], 1)
        source[unseen] = index[0, :, 0].numpy()
    return LabelledCloud(put_back(store, row, points), label[source], share[source], unseen)
