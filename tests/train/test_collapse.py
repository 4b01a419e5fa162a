import pytest
import torch

from pcv.train.collapse import collapse_warning


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"embedding_std": 0.04, "effective_rank": 30.0}, "embedding_std"),
        ({"embedding_std": 0.9, "effective_rank": 1.1}, "effective_rank"),
        ({"embedding_std": torch.tensor(0.0)}, "embedding_std"),
        ({"embedding_std": 0.9, "effective_rank": 30.0}, None),
        ({"accuracy": 0.0}, None),
        ({"target_entropy": 0.99, "prototype_entropy": 1.0}, "teacher_temperature"),
        ({"target_entropy": 0.5, "prototype_entropy": 0.01}, "prototype_entropy"),
        ({"target_entropy": 0.9, "prototype_entropy": 1.0, "embedding_std": 0.5}, None),
    ],
)
def test_what_collapsed_is_named(parts: dict, word: str | None) -> None:
    said = collapse_warning(parts)
    assert (said is None) if word is None else (word in str(said))
