"""Transformer blocks."""

import torch

from pcv.nn.transformer import Attention, Block


def test_attention_against_a_loop_over_heads():
    torch.manual_seed(0)
    layer = Attention(6, heads=2, head_channels=4)
    tokens = torch.randn(2, 5, 6)
    query, key, value = layer.mix_in(tokens).reshape(2, 5, 3, 2, 4).unbind(2)
    heads = []
    for h in range(2):
        share = torch.softmax(query[:, :, h] @ key[:, :, h].transpose(1, 2) / 2.0, -1)
        heads.append(share @ value[:, :, h])
    assert torch.allclose(layer(tokens), layer.mix_out(torch.cat(heads, -1)), atol=1e-6)


def test_block_does_not_depend_on_the_order_of_tokens():
    torch.manual_seed(0)
    block, tokens = Block(6, 2, 4, 12), torch.randn(2, 5, 6)
    order = torch.randperm(5)
    assert torch.allclose(block(tokens)[:, order], block(tokens[:, order]), atol=1e-5)


def test_the_output_may_be_activated():
    layer = Attention(6, 2, 4, activate=True)
    tokens = torch.randn(2, 5, 6)
    found = layer(tokens)
    layer.activate = False
    assert torch.allclose(found, torch.nn.functional.gelu(layer(tokens)))


def test_dropout_leaves_evaluation_as_it_is():
    block, tokens = Block(6, 2, 4, 12, dropout=0.5), torch.randn(2, 5, 6)
    assert not torch.equal(block(tokens), block(tokens))
    without = Block(6, 2, 4, 12)
    without.load_state_dict(block.state_dict())
    assert torch.equal(block.eval()(tokens), without(tokens))
