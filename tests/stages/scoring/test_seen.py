import numpy as np
import torch

from pcv.config.data import DataConfig
from pcv.data.scenes.dataset import SceneDataset
from pcv.evaluate.segmentation import Guess
from pcv.objectives import Supervised
from pcv.stages.scoring.seen import nobody, see_points


def test_every_point_that_is_seen_is_told_once(rooms) -> None:
    clips = SceneDataset(rooms, [0, 2], DataConfig(frames=1, points=300))
    objective, done = Supervised().train(), []

    def guess(batch):
        assert not objective.training
        return Guess(batch.point_index.clamp(min=0), torch.ones(batch.points.shape[:3]))

    seen = dict(see_points(objective, guess, clips, done.append))
    assert list(seen) == [0, 2]
    for room, each in seen.items():
        assert np.array_equal(each.label, np.arange(clips.kept(room)))
        assert each.objects is None
        assert (each.share == 1).all()
    assert objective.training
    assert sum(done) == len(clips)
    nobody(1)
