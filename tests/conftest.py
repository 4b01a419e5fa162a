"""What all tests share."""

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """Small tensors: a second thread only waits, for a second a step where cores are busy."""
    torch.set_num_threads(1)
