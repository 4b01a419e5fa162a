"""Random Gaussians in front of a camera."""

import torch

from pcv.render import Cameras, Gaussians


def random_gaussians(count, channels=3, *, seed=0, dtype=torch.float64):
    draw = torch.Generator().manual_seed(seed)

    def rand(*size):
        return torch.rand(*size, generator=draw, dtype=dtype)

    room = torch.tensor([4.0, 3.0, 3.0], dtype=dtype)
    mean = (rand(count, 3) - 0.5) * room + torch.tensor([0.0, 0.0, 3.0], dtype=dtype)
    turn = torch.randn(count, 4, generator=draw, dtype=dtype)
    opacity = 0.3 + 0.7 * rand(count)
    return Gaussians(mean, turn, 0.02 + 0.06 * rand(count, 3), opacity, rand(count, channels))


def cameras(height=15, width=20, views=1, *, focal=0.91, dtype=torch.float64):
    """The first at the origin, looking along z; the others turned and moved a little."""
    draw = torch.Generator().manual_seed(5)
    matrix = torch.eye(4, dtype=dtype).repeat(views, 1, 1)
    for view in range(1, views):
        turned, _ = torch.linalg.qr(
            torch.eye(3, dtype=dtype) + 0.2 * torch.randn(3, 3, generator=draw, dtype=dtype)
        )
        matrix[view, :3, :3] = turned * turned.diagonal().sign()
        matrix[view, :3, 3] = 0.3 * torch.randn(3, generator=draw, dtype=dtype)
    long = focal * width
    k = [[long, 0, width / 2], [0, long * 1.1, height / 2 - 0.4], [0, 0, 1]]
    return Cameras(matrix, torch.tensor([k] * views, dtype=dtype), height, width)


def requiring_grad(gaussians):
    return Gaussians(*(part.clone().requires_grad_() for part in gaussians))
