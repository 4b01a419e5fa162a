import pytest
from pydantic import ValidationError

from pcv.config.section import Config, Count, Fraction, Positive


class Section(Config):
    share: Fraction = 1.0
    rate: Positive = 1.0
    count: Count = 1


@pytest.mark.parametrize(
    "wrong",
    [{"share": 0.0}, {"share": 1.1}, {"rate": 0.0}, {"rate": float("inf")}, {"count": 0},
     {"count": 1.5}, {"count": "1"}, {"unknown": 1}],
)  # fmt: skip
def test_what_a_section_refuses(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Section.model_validate(wrong)


def test_a_section_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Section().count = 2
