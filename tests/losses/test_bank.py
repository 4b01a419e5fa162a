"""The memory bank."""

import torch

from pcv.losses.bank import Bank


def rows(*values):
    video = torch.tensor(values)
    return torch.tensor([[float(v), 0.0] for v in values]), video, video + 100


def test_the_oldest_are_overwritten_first():
    bank = Bank(5, 2)
    bank.enqueue(*rows(1, 2, 3))
    assert len(bank) == 3
    assert bank.content()[1].tolist() == [1, 2, 3]
    bank.enqueue(*rows(4, 5, 6))
    assert sorted(bank.content()[1].tolist()) == [2, 3, 4, 5, 6]
    bank.enqueue(*rows(7, 8))
    embedding, video, subject = bank.content()
    assert sorted(video.tolist()) == [4, 5, 6, 7, 8]
    assert torch.equal(embedding[:, 0].long(), video)
    assert torch.equal(subject, video + 100)


def test_more_than_it_holds_keeps_the_last():
    bank = Bank(2, 2)
    bank.enqueue(*rows(1, 2, 3))
    assert sorted(bank.content()[1].tolist()) == [2, 3]


def test_what_is_stored_has_no_gradient():
    bank = Bank(2, 2)
    bank.enqueue(torch.ones(1, 2, requires_grad=True), torch.tensor([4]), torch.tensor([0]))
    assert not bank.content()[0].requires_grad


def test_a_step_s_backward_pass_finds_what_its_forward_pass_saw():
    bank = Bank(2, 2)
    bank.enqueue(*rows(1, 2))
    query = torch.ones(2, requires_grad=True)
    loss = (bank.content()[0] @ query).sum()
    bank.enqueue(*rows(7, 8))
    loss.backward()
    assert query.grad.tolist() == [3, 0]
    assert bank.content()[1].tolist() == [7, 8]


def test_a_loaded_state_is_not_overwritten_by_what_waited():
    bank, other = Bank(2, 2), Bank(2, 2)
    bank.enqueue(*rows(1, 2))
    other.enqueue(*rows(5, 6))
    other.load_state_dict(bank.state_dict())
    assert other.content()[1].tolist() == [1, 2]


def test_a_bank_of_nothing():
    bank = Bank(0, 2)
    bank.enqueue(*rows(1))
    assert len(bank) == 0


def test_it_is_part_of_the_state():
    bank, other = Bank(3, 2), Bank(3, 2)
    bank.enqueue(*rows(1, 2, 3, 4))
    other.load_state_dict(bank.state_dict())
    for each in (bank, other):
        each.enqueue(*rows(5))
        each.settle()
    assert torch.equal(bank.embedding, other.embedding)
    assert torch.equal(bank.video, other.video)
    assert torch.equal(bank.subject, other.subject)
