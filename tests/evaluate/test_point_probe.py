import torch

from pcv.config.scoring import ProbeConfig
from pcv.evaluate.point_probe import PointProbe


def test_it_learns_what_is_linear_and_standardises_by_what_it_saw():
    torch.manual_seed(0)
    tokens = torch.randn(400, 6) * torch.tensor([100.0, 1, 1, 1, 1, 1]) + 50
    tokens[:, 5] = 7.0  # constant: no deviation to divide by
    label = ((tokens[:, 1] - 50) + (tokens[:, 2] - 50) > 0).long()
    config = ProbeConfig(linear_epochs=150)
    probe = PointProbe.fit(tokens, label, config, classes=3, seed=0)
    torch.testing.assert_close(probe.mean, tokens.mean(0))
    assert float(probe.deviation[5]) == 1
    right = (probe(tokens[None]).argmax(-1)[0] == label).float().mean()
    assert float(right) > 0.97
    again = PointProbe.fit(tokens, label, config, classes=3, seed=0)
    assert torch.equal(probe(tokens), again(tokens))
