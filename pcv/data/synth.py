"""Raw recordings of a synthetic person, in a real dataset's format, without any download."""

from __future__ import annotations

import errno
import os
import re
import zipfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from pcv.clip import Progress
from pcv.data.body import PART_NAMES, capsules, draw_person, vary
from pcv.data.motions import ACTIONS
from pcv.data.raw.msr import write_depth
from pcv.errors import InputError, PcvError

WIDTH, HEIGHT, FOCAL = 320, 240, 280.0
SHORTEST, LONGEST = 30, 50  # frames at pace 1
SUFFIX = "_sdepth.bin"
LEFTOVER = re.compile(r"\.a\d\d_s\d\d_e\d\d_sdepth\.bin\.\d+\.part")  # of a killed call


class Recording(NamedTuple):
    """One recording to make."""

    action: int  # from 0
    subject: int  # from 1
    trial: int  # from 1
    seed: int

    @property
    def name(self) -> str:
        """As MSRAction-3D names it."""
        return f"a{self.action + 1:02}_s{self.subject:02}_e{self.trial:02}"


def synthesise(  # noqa: PLR0913 - the options of the command
    out: Path,
    *,
    actions: int = 12,
    subjects: int = 10,
    trials: int = 2,
    seed: int = 0,
    jobs: int = 1,
    progress: Progress | None = None,
) -> int:
    """Write ``aAA_sSS_eEE_sdepth.bin`` files, and body parts per pixel in ``parts/``.

    The same files come out for a seed, whatever ``jobs`` is. What an earlier call with the same
    seed finished is kept; nothing that was not synthesised is ever overwritten.

    Returns:
        How many recordings there are.

    Raises:
        InputError: A count is out of range, or ``out`` holds something else, recordings of
            another seed included.
        PcvError: The disk is full.
    """
    if not 1 <= actions <= len(ACTIONS) or not 1 <= subjects <= 10 or not 1 <= trials <= 99:
        raise InputError("choose 1 to 20 actions, 1 to 10 subjects and 1 to 99 trials")
    wanted = [
        Recording(action, subject, trial, seed)
        for action in range(actions)
        for subject in range(1, subjects + 1)
        for trial in range(1, trials + 1)
    ]
    try:
        _claim(out, seed)
        _write_all(out, wanted, jobs, progress)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise PcvError(f"{out}: the disk is full; free some room and run it again") from None
        raise InputError(f"{error.filename or out}: {error.strerror or error}") from None
    return len(wanted)


def _write_all(out: Path, wanted: list[Recording], jobs: int, progress: Progress | None) -> None:
    report = progress or (lambda done, total, text: None)
    if jobs <= 1:
        for done, recording in enumerate(wanted):
            report(done + 1, len(wanted), _write(out, recording))
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        names = pool.map(_write, [out] * len(wanted), wanted, chunksize=4)
        for done, name in enumerate(names):
            report(done + 1, len(wanted), name)


def render(
    recording: Recording,
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:  # (T, H, W) both
    """Make depth in millimetres, 0 for background, and body parts from 1, 0 for background."""
    action, subject, trial, seed = recording
    rng = np.random.default_rng([seed, action, subject, trial])
    person = vary(draw_person(np.random.default_rng([seed, subject])), rng)
    frames = int(np.clip(rng.integers(SHORTEST, LONGEST + 1) / person.pace, 24, 90))
    warp = rng.uniform(-0.15, 0.15)  # where in the action this trial is fast
    act = ACTIONS[action]
    depth = np.zeros((frames, HEIGHT, WIDTH), np.uint16)
    parts = np.zeros((frames, HEIGHT, WIDTH), np.uint8)
    for index in range(frames):
        t = index / (frames - 1)
        t += warp * np.sin(np.pi * t) ** 2
        exact = np.full((HEIGHT, WIDTH), np.inf, np.float32)
        _cast(capsules(person, act(t)).astype(np.float64), exact, parts[index])
        depth[index] = _sense(exact, rng)
        parts[index][depth[index] == 0] = 0
    return depth, parts


def _sense(
    exact: NDArray[np.float32],  # (H, W) metres
    rng: np.random.Generator,
) -> NDArray[np.uint16]:
    """Measure as a Kinect does: disparity in eighths of a pixel, noise, and holes at edges."""
    seen = np.isfinite(exact)
    constant = 0.075 * 580.0 * 8  # baseline, focal and eighths: a step is 3 mm at 1 m, 26 at 3 m
    with np.errstate(divide="ignore"):
        disparity = np.where(seen, constant / exact, 0)
    noise = rng.standard_normal(exact.shape, dtype=np.float32) * np.float32(0.35)
    disparity = np.round(disparity + noise)
    jump = np.zeros_like(seen)
    near = np.where(seen, exact, 0)
    jump[:, 1:] |= np.abs(np.diff(near, axis=1)) > 0.15
    jump[1:] |= np.abs(np.diff(near, axis=0)) > 0.15
    lost = jump & (rng.random(exact.shape, dtype=np.float32) < 0.4)
    kept = seen & ~lost & (disparity > 0)
    millimetres = np.zeros(exact.shape, np.uint16)
    millimetres[kept] = np.round(1000 * constant / disparity[kept]).astype(np.uint16)
    return millimetres


@numba.njit(cache=True)
def _cast(shapes, depth, parts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Nearest capsule along the ray of every pixel; rays start at the origin, with z = 1."""
    for n in range(shapes.shape[0]):
        a, b, r = shapes[n, 0:3], shapes[n, 3:6], shapes[n, 6]
        near = min(a[2], b[2]) - r
        if near <= 0.1:
            continue
        far = max(a[2], b[2]) + r
        low_u, high_u = _window(min(a[0], b[0]) - r, max(a[0], b[0]) + r, near, far, WIDTH)
        low_v, high_v = _window(min(a[1], b[1]) - r, max(a[1], b[1]) + r, near, far, HEIGHT)
        bx, by, bz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        bb = bx * bx + by * by + bz * bz
        ba = bx * a[0] + by * a[1] + bz * a[2]
        for v in range(low_v, high_v):
            dy = (v - HEIGHT / 2) / FOCAL
            for u in range(low_u, high_u):
                dx = (u - WIDTH / 2) / FOCAL
                t = _hit(dx, dy, a, b, r, bx, by, bz, bb, ba)
                if t > 0 and t < depth[v, u]:
                    depth[v, u] = t
                    parts[v, u] = n + 1


@numba.njit(cache=True)
def _window(low, high, near, far, size):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Pixels that a box from ``low`` to ``high`` can cover along one axis."""
    first = FOCAL * min(low / near, low / far) + size / 2
    last = FOCAL * max(high / near, high / far) + size / 2
    return max(0, int(np.floor(first))), min(size, int(np.ceil(last)) + 1)


@numba.njit(cache=True)
def _hit(dx, dy, a, b, r, bx, by, bz, bb, ba):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    """Find z of the first point of a capsule on the ray (dx, dy, 1); -1 where it misses."""
    dd = dx * dx + dy * dy + 1
    bd = bx * dx + by * dy + bz
    da = dx * a[0] + dy * a[1] + a[2]
    aa = a[0] * a[0] + a[1] * a[1] + a[2] * a[2]
    best = -1.0
    k2 = bb * dd - bd * bd
    k1 = bd * ba - bb * da
    k0 = bb * aa - ba * ba - r * r * bb
    disc = k1 * k1 - k2 * k0
    if k2 > 1e-12 and disc >= 0:
        t = (-k1 - np.sqrt(disc)) / k2
        s = -ba + t * bd
        if 0 <= s <= bb:
            return t
    for end in range(2):
        c = a if end == 0 else b
        dc = dx * c[0] + dy * c[1] + c[2]
        disc = dc * dc - dd * (c[0] * c[0] + c[1] * c[1] + c[2] * c[2] - r * r)
        if disc >= 0:
            t = (dc - np.sqrt(disc)) / dd
            if t > 0 and (best < 0 or t < best):
                best = t
    return best


def _claim(out: Path, seed: int) -> None:
    """Make sure that ``out`` holds nothing but what an earlier call with ``seed`` wrote."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; give a folder")
    for path in sorted(out.iterdir()) if out.exists() else []:
        if path.name == "parts" or LEFTOVER.fullmatch(path.name):
            continue
        # Parts are written first: a recording without them is somebody's, perhaps a real one.
        labels = _labels(out, path.name.removesuffix(SUFFIX))
        if not path.name.endswith(SUFFIX) or not labels.exists():
            raise InputError(f"{out}: holds {path.name} already; give a new or empty folder")
        if _seed_of(labels) not in (seed, None):
            raise InputError(
                f"{out}: holds recordings of seed {_seed_of(labels)}, asked for {seed}; "
                "give another folder"
            )
    (out / "parts").mkdir(parents=True, exist_ok=True)


def _labels(out: Path, name: str) -> Path:
    return out / "parts" / f"{name}_parts.npz"


def _seed_of(labels: Path) -> int | None:
    """Return the seed that a file of parts was made with; None where it cannot tell."""
    try:
        with np.load(labels, allow_pickle=False) as file:
            return int(file["seed"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(out: Path, recording: Recording) -> str:
    target = out / f"{recording.name}{SUFFIX}"
    labels = _labels(out, recording.name)
    if target.exists() and _seed_of(labels) == recording.seed:
        return recording.name
    depth, parts = render(recording)
    partial = labels.with_name(f".{labels.stem}.{os.getpid()}.npz")
    try:
        names = np.array(PART_NAMES)
        np.savez_compressed(partial, parts=parts, names=names, seed=np.int64(recording.seed))
        partial.replace(labels)
    finally:
        partial.unlink(missing_ok=True)
    write_depth(target, depth)
    return recording.name
