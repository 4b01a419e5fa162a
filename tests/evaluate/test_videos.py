import torch

from pcv.clip import ClipBatch, Logits
from pcv.evaluate.videos import score_clips
from pcv.objectives import Supervised

LOGITS = torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.0, 1.0], [3.0, 0.0]])


class Toy(Supervised):
    def guess(self, batch: ClipBatch) -> Logits:
        assert not self.training
        return Logits(LOGITS[batch.points[:, 0, 0, 0].long()])


def batches(size: int):
    points = torch.arange(4.0).reshape(4, 1, 1, 1).expand(4, 1, 1, 3)
    video = torch.tensor([7, 7, 7, 2])
    label = torch.tensor([0, 0, 0, 1])
    for s in range(0, 4, size):
        yield ClipBatch(points[s : s + size], label[s : s + size], video[s : s + size])


def test_softmax_is_summed_over_the_clips_of_a_video() -> None:
    toy = Toy().train()
    clips: list[int] = []
    for size in (1, 3, 4):
        found = score_clips(toy, batches(size), clips.append)
        assert found.video.tolist() == [2, 7]
        assert found.label.tolist() == [1, 0]
        assert found.clips.tolist() == [1, 3]
        share = torch.softmax(LOGITS.double(), 1)
        torch.testing.assert_close(torch.from_numpy(found.score[1]), share[:3].sum(0))
        # Two of three clips say class 1, but the sure one decides.
        assert found.score[1].argmax() == (share[:3].sum(0)).argmax()
    assert toy.training
    assert sum(clips) == 12


def test_nothing_to_score_is_an_empty_table() -> None:
    toy = Toy()
    assert score_clips(toy, []).score.shape == (0, 0)
