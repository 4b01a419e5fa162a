"""Heads."""

import torch

from pcv.nn.heads import RowNorm, classifier, predictor


def test_row_norm_flattens_all_but_channels():
    value = torch.randn(2, 3, 4, 5)
    out = RowNorm(5)(value)
    assert out.shape == value.shape
    assert out.flatten(0, 2).mean(0).abs().max() < 1e-6


def test_predictor_is_three_layers_of_which_the_last_has_a_bias():
    net = predictor(4, (8, 16), 4)
    linear = [layer for layer in net if isinstance(layer, torch.nn.Linear)]
    assert [layer.bias is not None for layer in linear] == [False, False, True]
    assert net(torch.randn(2, 3, 4)).shape == (2, 3, 4)


def test_classifier_with_and_without_a_hidden_layer():
    for hidden in (0, 6):
        assert classifier(4, hidden, 3, 0.1)(torch.randn(5, 4)).shape == (5, 3)
