"""JSON files that are never half there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pcv.whole import whole_file


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file that appears whole or not at all."""
    with whole_file(path, synced=True) as partial, partial.open("w") as file:
        json.dump(value, file, indent=1, sort_keys=True)
