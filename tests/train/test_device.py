import torch

from pcv.clip import ClipBatch, Views
from pcv.train.device import device, device_of, to_device


def test_moving_a_batch_moves_its_views_too() -> None:
    views = Views(*(torch.zeros(1, 1) for _ in Views._fields))
    batch = ClipBatch(torch.zeros(1, 1, 2, 3), torch.zeros(1), torch.zeros(1), views=views)
    moved = to_device(batch, torch.device("meta"))
    assert moved.points.is_meta
    assert moved.views is not None
    assert all(part.is_meta for part in moved.views)
    assert moved.point_label is None


def test_a_module_says_where_it_is() -> None:
    assert device_of(torch.nn.Linear(1, 1, device="meta")).type == "meta"
    assert device_of(torch.nn.ReLU()).type == "cpu"
    assert device().type == ("cuda" if torch.cuda.is_available() else "cpu")
