import pytest
import torch

from pcv.clip import Regions
from pcv.evaluate.robustness import COMPANIES, Company, batch_with, classes_in
from tests.encoders.test_serial import make, scenes


def own_and_pool():
    whole = scenes(count=4)
    return Regions(*(p[:, :1] for p in whole)), Regions(*(p[:, 1:] for p in whole))


@pytest.mark.parametrize("company", COMPANIES)
def test_the_scene_stands_where_the_company_says(company):
    own, pool = own_and_pool()
    found, row = batch_with(own, pool, company)
    assert found.position.shape[1] == company.number + 1
    assert torch.equal(found.position[:, row], own.position[:, 0])
    assert row == (0 if company.place == "first" else company.number)
    others = torch.cat([found.position[:, :row], found.position[:, row + 1 :]], 1)
    if company.content == "copies":
        assert (others == own.position).all()
    elif company.content == "noise":
        assert not (others == own.position).any()
        assert (others >= own.position.amin(2, keepdim=True)).all()
        assert (others <= own.position.amax(2, keepdim=True)).all()
        assert torch.equal(found.position, batch_with(own, pool, company)[0].position)
    elif company.number:
        assert torch.equal(others[:, 0], pool.position[:, 0])
        assert torch.equal(others[:, -1], pool.position[:, (company.number - 1) % 3])


def test_single_mode_does_not_move_at_all_and_cross_mode_does():
    encoder = make()
    head = torch.nn.Linear(16, 5)

    def scores(regions, mode):
        return head(encoder.encode(regions, mode))

    own, pool = own_and_pool()
    alone = classes_in(scores, own, pool, Company(0), "single")
    moved = 0
    for company in COMPANIES:
        assert torch.equal(classes_in(scores, own, pool, company, "single"), alone)
        moved += int((classes_in(scores, own, pool, company, "cross") != alone).sum())
    assert torch.equal(classes_in(scores, own, pool, Company(0), "cross"), alone)
    assert moved > 0
