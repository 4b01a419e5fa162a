"""A whole PointCPSC training step: what the bank costs, and whether the loader keeps up."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from pcv.clip import ClipBatch
from pcv.config.recipe import Recipe, load_recipe
from pcv.data.dataset import ClipDataset, training_batches
from pcv.data.store.store import open_store
from pcv.encoders import build_encoder
from pcv.objectives import build_objective
from pcv.train.optim import build_optimizer
from tests.benchmarks.clouds import uniform
from tests.benchmarks.harness import Comparison, Peer, Setting
from tests.benchmarks.recordings import ROOT, utd_store

BANKS = (256, 512, 1024)  # clips
CLIPS, CLIPS_ON_CUDA = 4, 88
BATCHES = 20  # pulled from the loader at once: what it reads ahead during a step hardly counts


class Step:
    """One training step of the paper's recipe on synthetic clips; the bank is full."""

    def __init__(self, recipe: Recipe, bank: int, device: str, clips: int) -> None:
        torch.manual_seed(0)
        objective = recipe.objective.model_copy(update={"bank_size": bank})
        recipe = recipe.model_copy(update={"objective": objective})
        self.model = build_objective(recipe, build_encoder(recipe.encoder), classes=2).to(device)
        self.optimizer = build_optimizer(self.model, recipe.optim)
        self.batch = batch(recipe, clips, device)
        self.fill()

    def fill(self) -> None:
        memory: Any = self.model.bank
        size, channels = memory.embedding.shape
        if size:
            rows = F.normalize(torch.randn(size, channels), dim=1).to(memory.embedding.device)
            nobody = torch.full((size,), 1 << 20, device=rows.device)
            memory.enqueue(rows, nobody, nobody)

    def __call__(self, threads: int) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        self.model(self.batch).total.backward()
        self.optimizer.step()

    def bank_mib(self) -> float:
        memory: Any = self.model.bank
        return sum(b.numel() * b.element_size() for b in memory.buffers()) / 2**20


def batch(recipe: Recipe, clips: int, device: str) -> ClipBatch:
    """Random clips in the extent of a person."""
    data = recipe.data
    points = uniform(clips, data.frames, data.points) * np.float32([2, 5, 1])
    return ClipBatch(
        torch.from_numpy(points).to(device),
        torch.zeros(clips, dtype=torch.int64, device=device),
        torch.arange(clips, device=device),
    )


def cases(setting: Setting) -> Iterator[Comparison]:
    recipe = load_recipe(ROOT / "recipes/msr.yaml")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    count = CLIPS_ON_CUDA if device == "cuda" else CLIPS
    without = Step(recipe, 0, device, count)
    size = f"{count} clips, recipes/msr.yaml on {device}"
    for bank in BANKS:
        ours = Step(recipe, bank, device, count)
        yield Comparison(
            "training step",
            f"bank of {bank:,}, {size}",
            ours,
            [Peer("bank off", without)],
            1 / 1.1 if bank == max(BANKS) else 0.0,
            note=functools.partial("bank {:.0f} MiB".format, ours.bank_mib()),
        )
    yield from loaders(setting, recipe, without)


def loaders(setting: Setting, recipe: Recipe, step: Step) -> Iterator[Comparison]:
    """Batches of the recipe from a store, beside the step that they feed."""
    path = utd_store(setting)
    name, clips = "loader, a batch", len(step.batch.video)
    if path is None:
        yield Comparison(name, "2 workers", None, [Peer("training step")], 2.0,
                         why="no store: give --store or --data")  # fmt: skip
        return
    store = open_store(path)
    clip_set = ClipDataset(store, np.arange(len(store)), recipe.data, augment=recipe.augment)
    for workers, threads in ((0, 1), (2, 2)):
        batches = iter(training_batches(clip_set, batch=clips, epoch=0, workers=workers))

        def pull(_: int, batches: Iterator[ClipBatch] = batches) -> None:
            for _ in range(BATCHES):
                next(batches)

        yield Comparison(
            name,
            f"{clips} clips, {workers} workers",
            pull,
            [Peer("training step", step)],
            2.0,
            threads=(threads,),
            units=BATCHES,
        )
