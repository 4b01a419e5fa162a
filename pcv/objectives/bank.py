"""A memory of target embeddings of past batches."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Bank(nn.Module):
    """The most recent embeddings, first in first out, with the video and subject each came from.

    It is part of the objective's state: a resumed run finds it as it was.
    """

    embedding: Tensor  # (size, C), unit length
    video: Tensor  # (size,) int64
    subject: Tensor  # (size,) int64
    cursor: Tensor  # () int64: total ever written

    def __init__(self, size: int, channels: int) -> None:
        super().__init__()
        self.register_buffer("embedding", torch.zeros(size, channels))
        self.register_buffer("video", torch.full((size,), -1, dtype=torch.int64))
        self.register_buffer("subject", torch.full((size,), -1, dtype=torch.int64))
        self.register_buffer("cursor", torch.zeros((), dtype=torch.int64))

    def __len__(self) -> int:
        return min(int(self.cursor), self.embedding.shape[0])

    def content(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return copies of embeddings (n, C), videos (n,) and subjects (n,), in storage order.

        Copies, since the bank is written to before the backward pass of the step.
        """
        count = len(self)
        return (
            self.embedding[:count].clone(),
            self.video[:count].clone(),
            self.subject[:count].clone(),
        )

    @torch.no_grad()
    def enqueue(self, embedding: Tensor, video: Tensor, subject: Tensor) -> None:
        """Store unit vectors (n, C), detached, over the oldest ones."""
        size = self.embedding.shape[0]
        if not size:
            return
        embedding = embedding.detach()[-size:].float()
        rows = (int(self.cursor) + torch.arange(len(embedding), device=video.device)) % size
        self.embedding[rows] = embedding
        self.video[rows] = video[-size:]
        self.subject[rows] = subject[-size:]
        self.cursor += len(embedding)
