import pytest
import torch
from torch import nn

from pcv.nn.p4d_conv import NormalisedP4DConv, P4DConvConfig
from pcv.nn.pst_conv import PSTConv, PSTConvConfig
from pcv.nn.running_statistics import averaging_rate, normalisations


def test_without_a_momentum_every_batch_counts_alike() -> None:
    ours, theirs = (nn.BatchNorm1d(3, momentum=None) for _ in range(2))
    for batch in torch.randn(4, 10, 3):
        rate = averaging_rate(ours)
        assert ours.running_mean is not None
        ours.running_mean.lerp_(batch.mean(0), rate)
        ours.num_batches_tracked += 1
        theirs(batch)
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    assert averaging_rate(nn.BatchNorm1d(3)) == 0.1


def layers() -> list[nn.Module]:
    scene = P4DConvConfig(
        channels_in=0, channels=(4, 6), radius=0.5, neighbours=4, spatial_stride=2, over_time="sum",
        temporal_kernel=1, temporal_padding=(0, 0),
    )  # fmt: skip
    tubes = PSTConvConfig(
        channels_in=0, middle=4, channels_out=6, radius=0.5, neighbours=4, temporal_kernel=3,
        temporal_padding=(1, 1), spatial_stride=2,
    )  # fmt: skip
    return [NormalisedP4DConv(scene), PSTConv(tubes)]


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("which", [0, 1])
def test_layers_of_ours_average_all_batches_too(which: int, frames: int) -> None:
    """With one frame a PST convolution normalises some of its channels alone."""
    torch.manual_seed(0)
    layer, seen = layers()[which].train(), []
    batches = torch.rand(3, 2, frames, 32, 3)
    for points in batches:  # what each batch alone leaves
        for norm in normalisations(layer):
            norm.reset_running_stats()
            norm.momentum = 1.0
        layer(points, None)
        seen.append([norm.running_mean.clone() for norm in normalisations(layer)])
    for norm in normalisations(layer):
        norm.reset_running_stats()
        norm.momentum = None
    for points in batches:
        layer(points, None)
    for number, norm in enumerate(normalisations(layer)):
        mean = torch.stack([each[number] for each in seen]).mean(0)
        torch.testing.assert_close(norm.running_mean, mean)
