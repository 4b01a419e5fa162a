from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.checked import check_finite, read_bytes
from pcv.errors import RawFileError


def test_what_cannot_be_read_or_is_not_finite_is_named(tmp_path: Path) -> None:
    with pytest.raises(RawFileError, match="none: cannot be read"):
        read_bytes(tmp_path / "none")
    with pytest.raises(RawFileError, match="f: 2 of 3 points are not finite"):
        check_finite(Path("f"), np.array([[0, 0, 0], [np.nan, 0, np.inf], [0, -np.inf, 0]]))
