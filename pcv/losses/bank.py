"""A memory of target embeddings of past batches."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Bank(nn.Module):
    """The most recent embeddings, first in, first out, with the video and subject of each.

    The bank is part of the objective's state: a resumed run finds it as it was. Enqueued embeddings
    are written when the bank is next read, so that the backward pass of a step still finds what the
    forward pass read, without a copy.
    """

    embedding: Tensor  # (size, C), unit length
    video: Tensor  # (size,) int64
    subject: Tensor  # (size,) int64
    cursor: Tensor  # () int64: number of embeddings written so far

    def __init__(self, size: int, channels: int) -> None:
        super().__init__()
        self.register_buffer("embedding", torch.zeros(size, channels))
        self.register_buffer("video", torch.full((size,), -1, dtype=torch.int64))
        self.register_buffer("subject", torch.full((size,), -1, dtype=torch.int64))
        self.register_buffer("cursor", torch.zeros((), dtype=torch.int64))
        self._waiting: tuple[Tensor, Tensor, Tensor] | None = None
        self.register_state_dict_pre_hook(lambda bank, *_: bank.settle())
        self.register_load_state_dict_pre_hook(lambda bank, *_: bank.forget_waiting())

    def __len__(self) -> int:
        self.settle()
        return min(int(self.cursor), self.embedding.shape[0])

    def content(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return embeddings (n, C), videos (n,) and subjects (n,), in storage order.

        They share the bank's memory: the first read of the bank after ``enqueue`` overwrites them.
        """
        count = len(self)
        return self.embedding[:count], self.video[:count], self.subject[:count]

    @torch.no_grad()
    def enqueue(
        self,
        embedding: Tensor,  # (n, C), unit length
        video: Tensor,  # (n,) int64
        subject: Tensor,  # (n,) int64
    ) -> None:
        """Replace the oldest embeddings by these, detached."""
        self.settle()
        size = self.embedding.shape[0]
        if size:
            kept = embedding.detach()[-size:].float()
            self._waiting = kept, video[-size:], subject[-size:]

    @torch.no_grad()
    def settle(self) -> None:
        """Write the embeddings that were enqueued last."""
        if self._waiting is None:
            return
        embedding, video, subject = self._waiting
        self._waiting = None
        size = self.embedding.shape[0]
        rows = (int(self.cursor) + torch.arange(len(embedding), device=video.device)) % size
        self.embedding[rows] = embedding
        self.video[rows] = video
        self.subject[rows] = subject
        self.cursor += len(embedding)

    def forget_waiting(self) -> None:
        """Drop the embeddings that were enqueued last: another state is about to be loaded."""
        self._waiting = None
