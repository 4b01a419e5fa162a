import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pcv.clip import Regions
from pcv.objectives.crops import (
    Change,
    Shape,
    changed,
    cut,
    hide,
    nearest_share,
    thin_by_voxels,
    thin_farthest,
)


@given(st.integers(0, 99), st.integers(2, 60), st.floats(0.05, 1))
def test_a_region_is_what_lies_nearest_to_one_of_its_points(seed, count, share):
    torch.manual_seed(seed)
    position = torch.rand(count, 3)
    chosen = nearest_share(position, share)
    assert len(chosen) == max(1, round(share * count))
    assert (chosen.diff() > 0).all()
    left = torch.ones(count, dtype=torch.bool)
    left[chosen] = False
    inside = torch.cdist(position, position[chosen])
    # Some point is the middle: all that is inside is nearer to it than all that is not.
    assert any(
        left.sum() == 0 or inside[chosen, i].max() <= inside[left, i].min() + 1e-6
        for i in range(len(chosen))
    )


@given(st.integers(0, 99), st.integers(2, 40))
@settings(max_examples=10)
def test_voxels_hold_one_point_each(seed, count):
    """Some size of voxel parts the chosen, and at least a tenth larger ones are too few."""
    torch.manual_seed(seed)
    position = torch.rand(200, 3) * torch.tensor([5.0, 1.0, 3.0])
    chosen = thin_by_voxels(position, count)
    assert len(chosen.unique()) == count
    from_low = position - position.amin(0)

    def filled(side, rows):
        return len((from_low[rows] / side).long().unique(dim=0))

    parting = [s for s in torch.logspace(-4, 0.7, 300).tolist() if filled(s, chosen) == count]
    assert parting
    everything = torch.arange(200)
    assert filled(max(parting) * 1.5, everything) < 8 * count


def test_points_in_one_place_are_topped_up():
    position = torch.cat([torch.zeros(50, 3), torch.ones(1, 3)])
    chosen = thin_by_voxels(position, 20)
    assert len(chosen.unique()) == 20
    assert 50 in chosen.tolist()


def test_farthest_points_begin_anywhere():
    torch.manual_seed(0)
    position = torch.rand(60, 3)
    found = [thin_farthest(position, 5) for _ in range(4)]
    assert len({int(f[0]) for f in found}) > 1
    for one in found:
        assert len(one.unique()) == 5
        second = torch.cdist(position, position[one[:1]])[:, 0].argmax()
        assert one[1] == second


def scene(count=2, points=300):
    draw = torch.Generator().manual_seed(0)
    position = torch.rand(1, count, points, 3, generator=draw)
    return Regions(position, torch.cat([position, position * 2 - 1], -1))


@pytest.mark.parametrize("voxels", [True, False])
def test_crops_are_points_of_their_scene_with_their_features(voxels):
    torch.manual_seed(0)
    whole = scene()
    parts = [nearest_share(p, 0.6) for p in whole.position[0]]
    crops = cut(whole, parts, Shape(3, (0.3, 0.5), 20, voxels), Change())
    assert crops.origin.shape == (3, 2, 20, 3)
    assert torch.equal(crops.origin, crops.regions.feature[..., :3])
    for s, part in enumerate(parts):
        inside = whole.position[0, s][part]
        same = crops.origin[:, s].flatten(0, 1)[:, None] == inside
        assert same.all(2).any(1).all()
    assert not torch.equal(crops.origin[0], crops.origin[1])


def test_too_few_points_are_refused_in_one_line():
    whole = scene()
    parts = [nearest_share(p, 0.6) for p in whole.position[0]]
    with pytest.raises(ValueError, match="a crop needs 100") as caught:
        cut(whole, parts, Shape(1, (0.3, 0.5), 100, True), Change())
    assert "\n" not in str(caught.value)


def test_a_change_turns_positions_and_normals_alike_and_keeps_the_vertical():
    torch.manual_seed(0)
    position = torch.randn(2, 3, 10, 3)
    normal = torch.nn.functional.normalize(position, dim=-1)
    regions = Regions(position, torch.cat([torch.zeros(2, 3, 10, 3), normal], -1))
    change = Change(rotate=180, colours=slice(0, 3), normals=slice(3, 6), colour_jitter=0.3)
    found = changed(regions, change)
    again = torch.nn.functional.normalize(found.position, dim=-1)
    torch.testing.assert_close(found.feature[..., 3:], again)
    torch.testing.assert_close(found.position[..., 1], position[..., 1])
    torch.testing.assert_close(found.position.norm(dim=-1), position.norm(dim=-1))
    assert not torch.allclose(found.position, position)
    shades = found.feature[..., :3]
    assert shades.abs().max() <= 1
    assert (shades == shades[:, :, :1]).all()  # one draw per crop
    assert not torch.equal(shades[0, 0], shades[0, 1])
    sized = changed(regions, Change(scale=(2.0, 2.0)))
    torch.testing.assert_close(sized.position, 2 * position)
    assert torch.equal(sized.feature, regions.feature)
    assert not torch.equal(changed(regions, Change(jitter=0.1)).position, position)


def test_what_is_hidden_is_one_neighbourhood():
    torch.manual_seed(0)
    position = torch.rand(2, 3, 50, 3)
    hidden = hide(position, 0.3)
    assert (hidden.sum(-1) == 15).all()
    for one, away in zip(position.flatten(0, 1), hidden.flatten(0, 1), strict=True):
        apart = torch.cdist(one, one)
        assert any(apart[i][away].max() <= apart[i][~away].min() for i in range(50) if away[i])
    assert hide(position, 0.0) is None
