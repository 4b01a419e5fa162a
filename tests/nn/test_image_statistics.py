"""The teacher without weights tells colours and textures apart."""

import torch
from torch.nn import functional as F

from pcv.nn.image_statistics import CHANNELS, ORIENTATIONS, image_statistics


def stripes(turned=False, size=32):
    line = torch.sin(torch.arange(size) * 0.8) * 0.3 + 0.5
    image = line.expand(size, size)
    return (image.T if turned else image)[None, :, :, None].expand(1, size, size, 3)


def test_it_is_a_function_of_the_image_on_a_grid():
    image = torch.rand(2, 30, 41, 3, generator=torch.Generator().manual_seed(0))
    found = image_statistics(image, 8)
    assert found.shape == (2, 4, 6, CHANNELS)
    assert torch.equal(found, image_statistics(image, 8))
    assert not found.requires_grad


def test_it_tells_colours_and_directions_apart():
    red = torch.tensor([0.8, 0.1, 0.1]).expand(1, 32, 32, 3)
    found = [image_statistics(x, 8)[0, 1, 1] for x in (red, 1 - red, stripes(), stripes(True))]
    for first in range(4):
        for second in range(first):
            assert F.cosine_similarity(found[first], found[second], dim=0) < 0.7
    across, down = (part[6 : 6 + ORIENTATIONS] for part in found[2:])
    assert across.argmax() == 0
    assert down.argmax() == ORIENTATIONS // 2


def test_a_flat_grey_image_says_nothing_of_colour():
    found = image_statistics(torch.full((1, 16, 16, 3), 0.5), 8)
    assert found[..., :3].abs().max() < 1e-6
    assert found.isfinite().all()
