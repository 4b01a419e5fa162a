import torch

from pcv.nn import gated_delta
from pcv.nn.gated_delta import GatedDelta, GatedDeltaBlock, GatedDeltaConfig

CONFIG = GatedDeltaConfig(channels=12, heads=2, key_channels=4, value_channels=6)


def reach(module, length=90, at=70):
    """Which input tokens the output at a place has a gradient to."""
    tokens = torch.randn(1, length, 12, requires_grad=True)
    module(tokens)[0, at].square().sum().backward()
    return tokens.grad[0].abs().sum(1) > 0


def test_one_way_is_causal_and_reaches_the_first_token():
    torch.manual_seed(0)
    layer = GatedDelta(CONFIG)
    with torch.no_grad():
        layer.log_rate.fill_(-3.0)  # slow decay, so that 70 tokens are no matter
    seen = reach(layer)
    assert seen[: 70 + 1].all()
    assert not seen[70 + 1 :].any()


def test_both_ways_see_all():
    torch.manual_seed(0)
    block = GatedDeltaBlock(CONFIG, 8, bidirectional=True)
    with torch.no_grad():
        for layer in (block.mixer, block.back):
            layer.log_rate.fill_(-3.0)
    assert reach(block.mix).all()


def test_a_short_convolution_joins_the_tokens_before():
    torch.manual_seed(0)
    layer = GatedDelta(CONFIG._replace(convolution=4))
    with torch.no_grad():
        layer.log_rate.fill_(12.0)  # forgets at once: only the convolution looks back
    seen = reach(layer)
    assert seen[67:71].all()
    assert not seen[71:].any()
    assert not seen[:60].any()


def test_the_layer_is_its_definition_on_one_token():
    """Of an empty state: beta, key, value and query of the token, normalised and gated."""
    torch.manual_seed(0)
    layer = GatedDelta(CONFIG)
    tokens = torch.randn(3, 1, 12)
    mixed = torch.nn.functional.silu(layer.mix_in(tokens)).reshape(3, 28)
    query, key, value = mixed[:, :8], mixed[:, 8:16], mixed[:, 16:]
    query, key = (p.reshape(3, 2, 4) / p.reshape(3, 2, 4).norm(dim=2, keepdim=True)
                  for p in (query, key))  # fmt: skip
    beta = layer.gates(tokens)[:, 0, 2:].sigmoid()
    read = (query * key).sum(2) / 2 * beta
    read = read[..., None] * value.reshape(3, 2, 6)
    gate = torch.nn.functional.silu(layer.gate_out(tokens)).reshape(3, 2, 6)
    normed = read * torch.rsqrt(read.square().mean(2, keepdim=True) + 1e-5)
    wanted = layer.mix_out((normed * gate).reshape(3, 12))
    torch.testing.assert_close(layer(tokens)[:, 0], wanted)


def test_first_decays_are_those_of_the_paper():
    torch.manual_seed(0)
    layer = GatedDelta(CONFIG._replace(heads=500))
    rate = layer.log_rate.detach().exp()
    step = torch.nn.functional.softplus(layer.step_bias.detach())
    assert float(rate.max()) <= 16
    assert 7 < float(rate.mean()) < 9
    assert float(step.min()) > 0.99e-3
    assert float(step.max()) < 0.101


def test_long_sequences_go_piece_by_piece_to_the_same(monkeypatch):
    torch.manual_seed(0)
    block = GatedDeltaBlock(CONFIG, 8, bidirectional=True)
    tokens = torch.randn(2, 300, 12)
    whole = block.mix(tokens), block.perceive(tokens)
    monkeypatch.setattr(gated_delta, "PIECE", 2 * 64)
    assert len(gated_delta.pieces(tokens)) == 5
    for one, two in zip(whole, (block.mix(tokens), block.perceive(tokens)), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)
