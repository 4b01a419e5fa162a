"""Compiling and loading the CUDA kernels: the only file that knows of a compiler.

``torch.utils.cpp_extension`` builds them on the first call with a CUDA tensor, or ahead of time
for ``pcv doctor --build``, and caches them. The sources use the stable headers of LibTorch (2.11
and later), so that a build takes seconds, not a minute.
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from pcv.errors import KernelError

SOURCES = Path(__file__).parent / "csrc"
TARGET = "-DTORCH_TARGET_VERSION=0x020b000000000000"  # LibTorch 2.11
FLAGS = ("-O3", "-std=c++20", "-DUSE_CUDA", TARGET)
ARCHITECTURES = "8.0;9.0+PTX"  # built for where there is no device to ask
ADVICE = "run on the CPU with CUDA_VISIBLE_DEVICES= , or see pcv doctor"
OPS = ("ball_query", "farthest_points", "nearest", "tube_sum", "tube_sum_backward")
COMPOSED = (  # these have no CUDA source: they are composed of torch's own ops
    "linear_max", "linear_max_backward", "tube_max", "tube_max_backward",
    "tube_rectify", "tube_rectify_backward",
)  # fmt: skip


@functools.cache
def native() -> Any:  # noqa: ANN401 - torch's namespace of ops
    """Return the CUDA kernels; build them if necessary.

    Raises:
        KernelError: There is no CUDA build of torch, no compiler or no ninja, or the build failed.
    """
    problem = missing()
    if problem:
        raise KernelError(f"the CUDA kernels cannot be built: {problem}; {ADVICE}")
    from torch.utils import cpp_extension

    home = toolkit()
    assert home is not None
    os.environ.setdefault("CUDA_HOME", str(home))
    cpp_extension.CUDA_HOME = str(home)
    if not torch.cuda.is_available():
        os.environ.setdefault("TORCH_CUDA_ARCH_LIST", ARCHITECTURES)
    with _lock():
        try:
            cpp_extension.load(
                "pcv_cuda",
                [str(path) for path in sources()],
                extra_cuda_cflags=list(FLAGS),
                extra_cflags=list(FLAGS),
                is_python_module=False,
            )
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            lines = [line for line in str(error).splitlines() if "error" in line.lower()]
            reason = (lines or str(error).splitlines() or ["unknown"])[0].strip()
            raise KernelError(f"the CUDA kernels did not build: {reason}; {ADVICE}") from None
    return torch.ops.pcv_cuda


def sources() -> list[Path]:
    """Return the paths of the CUDA sources."""
    return sorted(SOURCES.glob("*.cu"))


def missing() -> str | None:
    """Say why the CUDA kernels cannot be built here; None if they can."""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is a CPU build"
    if toolkit() is None:
        return "no CUDA toolkit (nvcc and cuda_runtime.h); install one or set CUDA_HOME"
    if shutil.which("ninja") is None:
        return "no ninja; pip install 'pcv[cuda]'"
    if shutil.which(os.environ.get("CXX", "c++")) is None:
        return "no C++ compiler; install g++"
    return None


def toolkit() -> Path | None:
    """Return a folder that really holds a CUDA toolkit, not only a wrapper named nvcc."""
    found = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), "/usr/local/cuda"]
    compiler = shutil.which("nvcc")
    if compiler:
        found.append(str(Path(compiler).resolve().parents[1]))
    for candidate in found:
        if candidate:
            home = Path(candidate)
            if (home / "include" / "cuda_runtime.h").exists() and (home / "bin" / "nvcc").exists():
                return home
    return None


def compile_check(*architectures: str) -> dict[str, str]:
    """Compile every CUDA source without linking or running it; needs nvcc but no GPU.

    Args:
        architectures: Compute capabilities, such as ``"80", "90"``.

    Returns:
        The compiler's errors for each source; empty where it succeeded.

    Raises:
        KernelError: There is no CUDA toolkit.
    """
    home = toolkit()
    if home is None:
        raise KernelError("no CUDA toolkit (nvcc and cuda_runtime.h); install one or set CUDA_HOME")
    from torch.utils.cpp_extension import include_paths

    targets = [f"-gencode=arch=compute_{name},code=sm_{name}" for name in architectures]
    options = ["-Xcompiler", "-fPIC", *FLAGS, *targets, *(f"-I{path}" for path in include_paths())]

    def compile_one(source: Path) -> str:
        with tempfile.TemporaryDirectory() as folder:
            command = [str(home / "bin" / "nvcc"), "-c", str(source), "-o", f"{folder}/out.o"]
            done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stderr.strip()

    with ThreadPoolExecutor(2) as pool:
        return dict(zip([s.name for s in sources()], pool.map(compile_one, sources()), strict=True))


def kernel_report() -> list[dict[str, str]]:
    """Say for each op and device which kernel is used, or why none is."""
    problem = missing()
    if not torch.cuda.is_available():
        cuda = f"none: no CUDA device{f' ({problem})' if problem else ''}"
    else:
        cuda = f"none: {problem}" if problem else "CUDA, compiled on first use"
    report = [{"op": op, "cpu": "Numba", "cuda": cuda} for op in OPS]
    there = "torch's own ops" if torch.cuda.is_available() else "none: no CUDA device"
    return report + [{"op": op, "cpu": "Numba", "cuda": there} for op in COMPOSED]


@contextmanager
def _lock() -> Iterator[None]:
    """Allow one build at a time on a machine, since the ranks of a job start together."""
    path = Path(tempfile.gettempdir()) / f"pcv-build-{os.getuid()}.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
