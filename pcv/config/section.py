"""What all sections of a recipe share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# Largest values lie far above what is useful, and far below what overflows or would be tried for
# hours before the memory ends.
MOST = 2**31 - 1

Fraction = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[float, Field(gt=0, le=1e12)]
Amount = Annotated[float, Field(ge=0, le=1e12)]  # of which there may be none
Count = Annotated[int, Field(gt=0, le=MOST)]
Whole = Annotated[int, Field(ge=0, le=MOST)]
Number = Annotated[int, Field(ge=-MOST, le=MOST)]
Factor = Annotated[float, Field(gt=0, le=64)]  # on the channels of every layer

Points = Annotated[int, Field(gt=0, le=1 << 22)]  # of a frame or a scene
Frames = Annotated[int, Field(gt=0, le=1 << 14)]  # of a clip
Batch = Annotated[int, Field(gt=0, le=1 << 14)]  # clips
Epochs = Annotated[int, Field(gt=0, le=1_000_000)]
Channels = Annotated[int, Field(gt=0, le=1 << 14)]  # of a layer, or what it compares with
Hidden = Annotated[int, Field(ge=0, le=1 << 14)]  # channels of a layer that may be left out
Depth = Annotated[int, Field(gt=0, le=256)]  # layers of one kind
Blocks = Annotated[int, Field(ge=0, le=256)]  # layers of one kind
Entries = Annotated[int, Field(ge=0, le=1 << 20)]  # of a memory
Few = Annotated[int, Field(gt=0, le=1024)]
FewOrNone = Annotated[int, Field(ge=0, le=1024)]
Heads = Annotated[int, Field(gt=0, le=256)]  # of an attention


class Config(BaseModel):
    """A section of a recipe: frozen, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
