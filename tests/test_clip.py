import torch

from pcv.clip import ClipBatch, Losses, Superpoints


def test_values_are_tuples_whose_missing_field_fails_where_it_is_made() -> None:
    points = torch.zeros(2, 4, 8, 3)
    batch = ClipBatch(points, torch.zeros(2), torch.zeros(2))
    assert batch.second is None
    assert Superpoints(points, points)._fields == ("feature", "position")
    assert Losses(torch.zeros(()), {}).parts == {}
