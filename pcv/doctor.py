"""Reporting what works on this machine, and why the rest does not."""

from __future__ import annotations

import importlib.metadata
import itertools
import os
import platform
import time
from typing import Any

import torch

from pcv import ops, plugins
from pcv.config.registry import find_encoder, find_objective
from pcv.data.raw import find_reader
from pcv.errors import KernelError, PluginError
from pcv.ops import native

FINE = "can be used"  # of a plugin
PACKAGES = (
    "pcv", "torch", "numpy", "numba", "zarr", "numcodecs", "pydantic", "safetensors", "scipy",
    "zlib-ng", "pillow", "open3d", "matplotlib", "tensorboard", "ninja", "distributed", "av",
    "laspy", "transformers", "gsplat", "spconv-triton", "fla-core",
)  # fmt: skip


def examine(*, build: bool = False) -> dict[str, Any]:
    """Return versions, devices, kernels and the results of a self-test, as values for JSON.

    Args:
        build: Whether to compile the CUDA kernels now; ``ok`` is then false if that fails.
    """
    built = _build() if build else "on first use"
    tests = _self_test()
    failed = [name for name, said in tests.items() if said != "equal to its definition"]
    beside = _plugins()
    failed += [name for name, said in beside.items() if said != FINE]
    return {
        "ok": not failed and not (build and built.startswith("failed")),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: _version(name) for name in PACKAGES},
        "devices": _devices(),
        "cuda_toolkit": str(native.toolkit() or "none"),
        "cuda_kernels": native.missing() or f"can be built; {built}",
        "kernels": native.kernel_report(),
        "self_test": tests,
        "plugins": beside or "none installed",
    }


def _plugins() -> dict[str, str]:
    """Try what other packages register: each reader, encoder and objective, and what is wrong."""
    said = {}
    for group, find in (
        (plugins.READERS, find_reader),
        (plugins.ENCODERS, find_encoder),
        (plugins.OBJECTIVES, find_objective),
    ):
        for plugin in plugins.installed(group):
            name = f"{plugins.GROUPS[group]} {plugin.name} of {plugin.package}"
            try:
                find(plugin.name)
            except PluginError as error:
                said[name] = str(error)
            else:
                said[name] = FINE
    return said


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _devices() -> list[str]:
    found = [f"cpu: {os.cpu_count()} cores, {torch.get_num_threads()} threads"]
    for index in range(torch.cuda.device_count()):
        found.append(f"cuda:{index}: {torch.cuda.get_device_name(index)}")
    return found


def _build() -> str:
    began = time.monotonic()
    try:
        native.native()
    except KernelError as error:
        return f"failed: {error}"
    return f"built in {time.monotonic() - began:.0f} s"


def _self_test() -> dict[str, str]:
    """Compare every op with its definition on a small cloud, on every device that can run it."""
    devices = ["cpu"]
    if torch.cuda.is_available() and native.missing() is None:
        devices.append("cuda")
    said = {}
    for device in devices:
        for name, test in (
            ("ball_query", _test_ball_query),
            ("farthest_points", _test_farthest_points),
            ("nearest", _test_nearest),
            ("tube_sum", _test_tube_sum),
            ("tube_max", _test_tube_max),
            ("tube_rectify", _test_tube_rectify),
            ("linear_max", _test_linear_max),
        ):
            try:
                right = test(device)
            except (KernelError, RuntimeError) as error:
                said[f"{name} {device}"] = f"failed: {error}"
                continue
            said[f"{name} {device}"] = "equal to its definition" if right else "WRONG"
    return said


def _cloud(device: str) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 64, 3, generator=generator).to(device)


def _test_ball_query(device: str) -> bool:
    points = _cloud(device)
    found = ops.ball_query(points, points[:, :8], 0.4, 5)
    for batch in range(2):
        for row in range(8):
            squared = (points[batch] - points[batch, row]).square().sum(1)
            inside = (squared < 0.4**2).nonzero()[:5, 0].tolist()
            if found[batch, row].tolist() != inside + [-1] * (5 - len(inside)):
                return False
    return True


def _test_farthest_points(device: str) -> bool:
    points = _cloud(device)
    found = ops.farthest_points(points, 6)
    for cloud, chosen in zip(points, found, strict=True):
        reach = torch.full((64,), torch.inf, device=device)
        for first, second in itertools.pairwise(chosen):
            reach = torch.minimum(reach, (cloud - cloud[first]).square().sum(1))
            if int(reach.argmax()) != int(second):
                return False
    return True


def _test_nearest(device: str) -> bool:
    points = _cloud(device)
    index, _ = ops.nearest(points, points[:, :8], 3)
    wanted = torch.cdist(points[:, :8], points, compute_mode="donot_use_mm_for_euclid_dist")
    return bool((index == wanted.argsort(2)[:, :, :3]).all())


def _test_tube_sum(device: str) -> bool:
    points = _cloud(device)[:, None]
    feature, weight = points.repeat(1, 1, 1, 2), torch.ones(6, 3, device=device)
    anchors = points[:, :, :4]
    index = torch.arange(8, device=device).reshape(1, 1, 1, 4, 2).repeat(2, 1, 1, 1, 1)
    frames = torch.zeros(1, 1, dtype=torch.int64, device=device)
    found = ops.tube_sum(points, feature, anchors, weight, frames, index)
    near = points[:, 0, :8].reshape(2, 4, 2, 3)
    along = ((near - anchors[:, 0, :, None]) @ weight.T) * near.repeat(1, 1, 1, 2)
    return bool(torch.allclose(found[:, 0, :, 0], along.sum(2), atol=1e-5))


def _tubes(device: str) -> tuple[torch.Tensor, ...]:
    """Return inputs of a tube operator, then each neighbour's summed displacement and its feature.

    The inputs are points, features, anchors, frames and neighbours.
    """
    points = _cloud(device)[:, None]
    feature = points.repeat(1, 1, 1, 2)
    index = torch.arange(8, device=device).reshape(1, 1, 1, 4, 2).repeat(2, 1, 1, 1, 1)
    frames = torch.zeros(1, 1, dtype=torch.int64, device=device)
    near = points[:, 0, :8].reshape(2, 4, 2, 3)
    along = (near - points[:, 0, :4, None]).sum(3, keepdim=True)
    return points, feature, points[:, :, :4], frames, index, along, near.repeat(1, 1, 1, 2)


def _test_tube_max(device: str) -> bool:
    points, feature, anchors, frames, index, along, near = _tubes(device)
    weight = torch.ones(6, 4, device=device)
    found = ops.tube_max(points, feature, anchors, weight, frames, index)
    return bool(torch.allclose(found[:, 0], (along + near).amax(2), atol=1e-5))


def _test_tube_rectify(device: str) -> bool:
    points, feature, anchors, frames, index, along, near = _tubes(device)
    weight = torch.ones(6, 5, device=device)
    found = ops.tube_rectify(points, feature, anchors, weight, frames, index)
    return bool(torch.allclose(found[:, 0, 0], torch.relu(along + 1) + near, atol=1e-5))


def _test_linear_max(device: str) -> bool:
    rows, weight = _cloud(device), _cloud(device)[0, :6]
    found, mean, _ = ops.linear_max(rows, weight, True)
    wanted = rows.double() @ weight.double().T
    means = torch.allclose(mean.double(), rows.double().mean((0, 1)), atol=1e-5)
    return means and bool(torch.allclose(found.double(), wanted.amax(1), atol=1e-5))
