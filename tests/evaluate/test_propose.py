"""Clusters of points, where they are and where they point to."""

import numpy as np
import torch

from pcv.config.supervised import SceneInstancesConfig
from pcv.evaluate.instances import Proposal
from pcv.evaluate.propose import propose, suppress

CONFIG = SceneInstancesConfig(name="scene_instances", stuff=(0,), radius=0.1, least=20)


def test_offsets_tell_touching_objects_apart():
    draw = torch.Generator().manual_seed(0)
    points = torch.rand(2000, 3, generator=draw) * torch.tensor([2.0, 0.5, 0.5])
    right = points[:, 0] > 1
    share = torch.tensor([0.1, 0.9]).expand(2000, 2).clone()
    share[:100] = torch.tensor([0.8, 0.2])  # of a class without objects
    middle = torch.where(
        right[:, None], torch.tensor([1.5, 0.25, 0.25]), torch.tensor([0.5, 0.25, 0.25])
    )
    still = propose(points, share, torch.zeros(2000, 3), CONFIG)
    moved = propose(points, share, 0.95 * (middle - points), CONFIG)
    assert len(still) == 1
    assert not still[0].mask[:100].any()
    masks = [each.mask for each in moved]
    side = right.numpy()[100:]
    assert any(np.array_equal(m[100:], side) for m in masks) or any(
        np.array_equal(m[100:], ~side) for m in masks
    )
    assert all(abs(each.confidence - 0.9) < 1e-5 and each.label == 1 for each in moved)


def test_the_less_confident_of_two_goes():
    def one(first, last, confidence):
        mask = np.zeros(100, bool)
        mask[first:last] = True
        return Proposal(mask, 1, confidence)

    kept = suppress([one(0, 50, 0.5), one(10, 50, 0.9), one(60, 90, 0.1)], 0.3)
    assert [each.confidence for each in kept] == [0.9, 0.1]
