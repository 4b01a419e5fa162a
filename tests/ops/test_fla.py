import sys
from types import ModuleType

import pytest
import torch

from pcv.errors import KernelError
from pcv.ops import fla, gated_delta_rule


@pytest.fixture(autouse=True)
def _fresh():
    fla._kernel.cache_clear()
    fla.available.cache_clear()
    yield
    fla._kernel.cache_clear()
    fla.available.cache_clear()


class Elsewhere(torch.Tensor):
    """A tensor that says it is on a CUDA device."""

    is_cuda = True


def tokens():
    part = torch.rand(1, 5, 2, 4)
    return part, part, part, -part[..., 0], part[..., 0]


def test_a_missing_package_is_one_line_that_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fla", None)
    monkeypatch.setitem(sys.modules, "fla.ops.gated_delta_rule", None)
    with pytest.raises(KernelError, match="pip install 'fla-core") as caught:
        gated_delta_rule(*tokens(), backend="fla")
    assert "\n" not in str(caught.value)


def test_tensors_on_the_cpu_are_refused_and_auto_takes_torch(monkeypatch):
    stand_in = ModuleType("fla.ops.gated_delta_rule")
    stand_in.chunk_gated_delta_rule = None
    monkeypatch.setitem(sys.modules, "fla.ops.gated_delta_rule", stand_in)
    with pytest.raises(KernelError, match="CUDA only"):
        gated_delta_rule(*tokens(), backend="fla")
    assert gated_delta_rule(*tokens()).shape == (1, 5, 2, 4)


def test_the_kernel_is_called_as_its_interface_says(monkeypatch):
    """Of the published signature: decay as a logarithm, scale given, types of the value."""
    said = {}

    def kernel(query, key, value, g, beta, *, scale):
        said.update(shapes=[tuple(t.shape) for t in (query, key, value, g, beta)], scale=scale)
        said.update(types=[t.dtype for t in (query, key, value, g, beta)])
        return value, None

    monkeypatch.setattr(fla, "_kernel", lambda: kernel)
    query, key, value, log_decay, beta = tokens()
    found = fla.gated_delta_rule(
        query, key, value.bfloat16().as_subclass(Elsewhere), log_decay, beta
    )
    assert said["shapes"] == [(1, 5, 2, 4)] * 3 + [(1, 5, 2)] * 2
    assert said["types"] == [torch.bfloat16] * 3 + [torch.float32, torch.bfloat16]
    assert said["scale"] == 0.5
    assert found.shape == (1, 5, 2, 4)
