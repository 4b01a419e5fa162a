"""Which object of a scene a fused point belongs to, by a vote of the pixels that fell on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST = 2000  # objects of a scene; where every frame has new ids there would be more
IDS = 16  # bits of an object's id


class Objects:
    """Numbers for the pairs of class and object of one scene, in the order they are met."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[int, int], int] = {}

    def number(
        self,
        labels: NDArray[np.int16],  # (H, W) class, -1: none
        instances: NDArray[np.int64],  # (H, W) object, 0: none
    ) -> NDArray[np.int16]:  # (H, W)
        """Return the number of each pixel's pair; -1 where there is no class.

        Raises:
            ValueError: The scene has too many objects.
        """
        key = labels.astype(np.int64) << IDS | instances
        found, inverse = np.unique(key, return_inverse=True)
        number_of, numbers = np.full(len(found), -1, np.int16), dict(self.numbers)
        for row, value in enumerate(found.tolist()):
            label, instance = value >> IDS, value & ((1 << IDS) - 1)
            if label >= 0:
                number_of[row] = numbers.setdefault((label, instance), len(numbers))
                if len(numbers) > MOST:
                    raise ValueError(f"more than {MOST} objects in one scene")
        self.numbers = numbers
        return number_of[inverse.reshape(labels.shape)]

    def decide(
        self,
        votes: NDArray[np.int32],  # (n, m) of the first m numbers; the others have no vote
    ) -> tuple[NDArray[np.int16], NDArray[np.int16]]:  # (n,) both
        """Return each point's class, by most pixels, and its object, by most pixels of that class.

        Objects are numbered from 0, in the order they were met; -1: none. The first wins a tie.
        """
        labels = np.full(len(votes), -1, np.int16)
        instances = labels.copy()
        votes = votes[:, : len(self.numbers)]
        pairs = list(self.numbers)[: votes.shape[1]]
        if not pairs:
            return labels, instances
        of_class = np.array([label for label, _ in pairs])
        summed = np.zeros((len(votes), int(of_class.max()) + 1), np.int64)
        for column, label in enumerate(of_class):
            summed[:, label] += votes[:, column]
        known = summed.any(1)
        labels[known] = summed[known].argmax(1)
        same = np.where(of_class == labels[:, None], votes, -1)
        dense = {one: k for k, one in enumerate(dict.fromkeys(o for _, o in pairs if o))}
        named = np.array([dense.get(o, -1) for _, o in pairs], np.int16)
        instances[known] = named[same[known].argmax(1)]
        return labels, instances
