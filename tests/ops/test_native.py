import shutil

import pytest
import torch

from pcv.errors import KernelError
from pcv.ops import native


def test_every_cuda_source_compiles_for_two_generations() -> None:
    if native.toolkit() is None:
        pytest.skip("no CUDA toolkit here: nothing to compile with")
    said = native.compile_check("80", "90")
    assert said == {path.name: "" for path in native.sources()}


def test_every_op_has_a_cuda_kernel_in_the_sources() -> None:
    text = "".join(path.read_text() for path in native.sources())
    for op in native.OPS:
        assert f'm.impl("{op}"' in text


def test_without_a_toolkit_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "toolkit", lambda: None)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    native.native.cache_clear()
    with pytest.raises(KernelError, match="no CUDA toolkit") as caught:
        native.native()
    assert "CPU" in str(caught.value)
    with pytest.raises(KernelError, match="no CUDA toolkit"):
        native.compile_check("90")


def test_a_cpu_build_of_torch_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "is a CPU build" in str(native.missing())


def test_missing_tools_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(native, "toolkit", lambda: tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "ninja" in str(native.missing())
    monkeypatch.setattr(shutil, "which", lambda name: "x" if name == "ninja" else None)
    assert "C++" in str(native.missing())


def test_the_report_names_every_op() -> None:
    report = native.kernel_report()
    assert [row["op"] for row in report] == [*native.OPS, *native.COMPOSED]
    assert all(row["cpu"] == "Numba" for row in report)


@pytest.mark.gpu
def test_the_kernels_build_and_load() -> None:
    assert native.native() is torch.ops.pcv_cuda
