"""Clips cut into equal segments, each of which is encoded on its own."""

from __future__ import annotations

from torch import Tensor, nn

from pcv.clip import Superpoints


def encode_segments(
    encoder: nn.Module,
    points: Tensor,  # (B, T, N, 3 or 6)
    segment_frames: int,
) -> Superpoints:  # feature (B, S, L, M, C), position (B, S, L, M, 3)
    """Encode every segment of every clip in one call.

    Args:
        encoder: Turns segments (B S, ``segment_frames``, N, 3 or 6) into superpoints.
        points: Clips.
        segment_frames: Frames per segment; 0: the clip is one segment.

    Raises:
        ValueError: T is not a multiple of ``segment_frames``.
    """
    batch, frames = points.shape[:2]
    length = segment_frames or frames
    if frames % length:
        raise ValueError(f"{frames} frames are not a multiple of {length} frames per segment")
    found = encoder(points.reshape(batch * (frames // length), length, *points.shape[2:]))
    return Superpoints(
        *(value.reshape(batch, frames // length, *value.shape[1:]) for value in found)
    )
