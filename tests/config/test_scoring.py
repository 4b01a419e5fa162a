import pytest
from pydantic import ValidationError

from pcv.config.scoring import EvalConfig, ProbeConfig


def test_passes_are_counted() -> None:
    assert EvalConfig().passes == 1
    assert EvalConfig(turns=4, scales=(1.0, 0.95, 1.05), mirror=True).passes == 13


def test_what_scoring_and_probing_refuse() -> None:
    with pytest.raises(ValidationError, match="scales"):
        EvalConfig(scales=())
    with pytest.raises(ValidationError, match="read"):
        ProbeConfig.model_validate({"read": "median"})
