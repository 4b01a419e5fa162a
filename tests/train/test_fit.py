import pytest
import torch
from torch import nn

from pcv.clip import ClipBatch, Losses
from pcv.config.training import OptimConfig
from pcv.errors import DivergedError
from pcv.train.fit import FitPlan, TrainState, fit
from pcv.train.optim import build_optimizer


class Toy(nn.Module):
    """A mean of points through one layer; the loss is its square."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder = nn.Linear(3, 4)
        self.head = nn.Linear(4, 1)
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, batch: ClipBatch) -> Losses:
        self.seen += 1
        noise = torch.rand(4)  # randomness that a resumed run must repeat
        loss = self.head(self.encoder(batch.points.mean((1, 2))) + noise).square().mean()
        return Losses(loss, {"loss": loss.detach()})


def batches(first: int = 0, count: int = 99):
    for step in range(first, count):
        g = torch.Generator().manual_seed(step)
        yield ClipBatch(torch.rand(2, 2, 5, 3, generator=g), torch.zeros(2), torch.zeros(2))


def state() -> TrainState:
    toy = Toy()
    return TrainState(toy, build_optimizer(toy, OptimConfig()))


def test_losses_fall_and_every_step_is_told() -> None:
    told: list[tuple[int, float]] = []
    stopped = fit(
        state(), batches(), FitPlan(30, lambda step: 0.05),
        after_step=lambda step, losses: told.append((step, losses.total.item())),
    )  # fmt: skip
    assert not stopped
    assert [step for step, _ in told] == list(range(1, 31))
    assert told[-1][1] < told[0][1]


def test_the_schedule_is_asked_each_step() -> None:
    one = state()
    asked: list[int] = []
    fit(one, batches(), FitPlan(3, lambda step: asked.append(step) or 0.5**step))
    assert asked == [0, 1, 2]
    assert one.optimizer.param_groups[0]["lr"] == 0.25


def test_stop_ends_it_before_the_next_step() -> None:
    one = state()
    assert fit(one, batches(), FitPlan(10, lambda step: 0.1), stop=lambda: one.step == 4)
    assert one.step == 4


def test_a_loss_that_is_not_finite_is_named_and_changes_nothing() -> None:
    one = state()
    before = [p.clone() for p in one.objective.parameters()]
    bad = ClipBatch(torch.full((1, 1, 2, 3), torch.nan), torch.zeros(1), torch.zeros(1))
    with pytest.raises(DivergedError, match="step 0"):
        fit(one, [bad], FitPlan(1, lambda step: 0.1))
    for old, new in zip(before, one.objective.parameters(), strict=True):
        assert torch.equal(old, new)


def test_clipping_bounds_the_update() -> None:
    one = state()
    one.optimizer = torch.optim.SGD(one.objective.parameters(), lr=1.0)
    before = torch.cat([p.detach().flatten().clone() for p in one.objective.parameters()])
    fit(one, batches(), FitPlan(1, lambda step: 1.0, clip_norm=0.01))
    after = torch.cat([p.detach().flatten() for p in one.objective.parameters()])
    assert (after - before).norm() <= 0.0101


def test_bfloat16_trains() -> None:
    one = state()
    fit(one, batches(), FitPlan(2, lambda step: 0.1, precision="bfloat16"))
    assert one.step == 2


@pytest.mark.parametrize("clip_norm", [0.0, 1.0])
def test_a_gradient_that_is_not_finite_changes_nothing(clip_norm: float) -> None:
    one = state()
    first = next(one.objective.parameters())
    first.register_hook(lambda gradient: gradient * torch.inf)
    before = [p.clone() for p in one.objective.parameters()]
    with pytest.raises(DivergedError, match="step 0: the gradient norm"):
        fit(one, batches(), FitPlan(1, lambda step: 0.1, clip_norm=clip_norm))
    for old, new in zip(before, one.objective.parameters(), strict=True):
        assert torch.equal(old, new)


def test_a_matrix_that_cannot_be_decomposed_is_a_divergence() -> None:
    one = state()
    one.objective.register_forward_pre_hook(
        lambda *_: torch.linalg.eigvalsh(torch.full((3, 3), torch.nan))
    )
    with pytest.raises(DivergedError, match=r"step 0: .*lower optim\.lr") as caught:
        fit(one, batches(), FitPlan(1, lambda step: 0.1))
    assert "\n" not in str(caught.value)
