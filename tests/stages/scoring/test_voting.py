import torch

from pcv.clip import ClipBatch
from pcv.config.scoring import EvalConfig
from pcv.data.scenes.passes import passes, show
from pcv.stages.scoring.voting import vote, vote_shares

torch.manual_seed(0)
WEIGHT = torch.randn(3, 5)
BATCH = ClipBatch(torch.randn(2, 1, 200, 3), torch.zeros(2), torch.arange(2))
FIELD = EvalConfig(turns=4, scales=(1.0, 0.95, 1.05), mirror=True)


def scores(batch: ClipBatch) -> torch.Tensor:
    return batch.points @ WEIGHT


def test_one_pass_takes_the_logits_as_they_are():
    seen = []

    def watched(batch):
        seen.append(batch)
        return scores(batch)

    assert torch.equal(vote(watched, EvalConfig())(BATCH), scores(BATCH).argmax(-1))
    assert seen[0] is BATCH


def test_probabilities_of_all_passes_are_summed():
    found = vote(scores, FIELD)(BATCH)
    shares = [torch.softmax(scores(show(BATCH, one)), -1) for one in passes(FIELD)]
    assert torch.equal(found, torch.stack(shares).sum(0).argmax(-1))
    assert not torch.equal(found, scores(BATCH).argmax(-1))


def test_the_share_is_the_mean_over_the_passes():
    found = vote_shares(scores, FIELD)(BATCH)
    shares = torch.stack([torch.softmax(scores(show(BATCH, one)), -1) for one in passes(FIELD)])
    torch.testing.assert_close(found.share, shares.mean(0).amax(-1))
    one = vote_shares(scores, EvalConfig())(BATCH)
    torch.testing.assert_close(one.share, torch.softmax(scores(BATCH), -1).amax(-1))


def test_a_single_pass_may_be_scaled():
    halved = vote(lambda b: scores(b) + torch.tensor([0.5, 0, 0, 0, 0]), EvalConfig(scales=(0.1,)))
    plain = (0.1 * scores(BATCH) + torch.tensor([0.5, 0, 0, 0, 0])).argmax(-1)
    assert torch.equal(halved(BATCH), plain)
