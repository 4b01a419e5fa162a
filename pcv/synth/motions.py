"""Actions of a synthetic person, as hands and feet over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]  # (3,) x right, y down, z forward, seen from the camera


class Pose(NamedTuple):
    """Hands relative to their shoulders and feet relative to their hips, in body heights."""

    left_hand: Vector
    right_hand: Vector
    left_foot: Vector
    right_foot: Vector
    bend: float = 0.0  # radians the trunk leans forward
    drop: float = 0.0  # body heights the hips sink
    spin: float = 0.0  # radians the trunk turns


def vector(x: float, y: float, z: float) -> Vector:
    """Return the vector (x, y, z) as an array (3,)."""
    return np.array([x, y, z])


# The x of a hand or foot points outwards from the body, so that both sides read alike; y points
# down. The person faces the camera: what is before the person has a negative z.
REST_HAND = vector(0.03, 0.40, -0.02)
REST_FOOT = vector(0.01, 0.49, 0.0)


def _bump(t: float) -> float:
    """Return 0 at the ends of an action, 1 in its middle part."""
    return float(np.clip(np.sin(np.pi * t) * 1.6, 0, 1))


def _pose(
    right: Vector | None = None,
    left: Vector | None = None,
    right_foot: Vector | None = None,
    left_foot: Vector | None = None,
    **rest: float,
) -> Pose:
    def or_else(value: Vector | None, default: Vector) -> Vector:
        return default if value is None else value

    return Pose(
        or_else(left, REST_HAND),
        or_else(right, REST_HAND),
        or_else(left_foot, REST_FOOT),
        or_else(right_foot, REST_FOOT),
        **rest,
    )


def _toward(goal: Vector, amount: float, start: Vector = REST_HAND) -> Vector:
    return start + (goal - start) * amount


def high_wave(t: float) -> Pose:
    """Right hand above the head, side to side."""
    swing = 0.14 * np.sin(6 * np.pi * t)
    return _pose(_toward(vector(0.10 + swing, -0.30, -0.08), _bump(t)))


def horizontal_wave(t: float) -> Pose:
    """Right hand at chest height, side to side."""
    swing = 0.20 * np.sin(4 * np.pi * t)
    return _pose(_toward(vector(0.05 + swing, 0.08, -0.28), _bump(t)))


def hammer(t: float) -> Pose:
    """Right hand up and down in front."""
    beat = abs(np.sin(3 * np.pi * t))
    return _pose(_toward(vector(0.02, 0.22 - 0.42 * beat, -0.22), _bump(t)))


def catch(t: float) -> Pose:
    """Right hand out to the side and back to the belly, once."""
    out = vector(0.30, 0.0, -0.15)
    near = vector(-0.05, 0.25, -0.15)
    phase = 0.5 - 0.5 * np.cos(2 * np.pi * t)
    return _pose(_toward(near + (out - near) * phase, _bump(t)))


def punch(t: float) -> Pose:
    """Right fist straight ahead, twice."""
    thrust = max(0.0, np.sin(4 * np.pi * t))
    return _pose(_toward(vector(-0.02, 0.12 - 0.08 * thrust, -0.10 - 0.30 * thrust), _bump(t)))


def high_throw(t: float) -> Pose:
    """Right hand behind the head, then ahead."""
    phase = np.clip((t - 0.35) / 0.25, 0, 1)
    goal = vector(0.10, -0.20, 0.15) + (vector(0.0, 0.0, -0.40) - vector(0.10, -0.20, 0.15)) * phase
    return _pose(_toward(goal, _bump(t)), spin=0.4 * (0.5 - phase) * _bump(t))


def draw_x(t: float) -> Pose:
    """Two crossing strokes of the right hand, lifted in between."""
    first, lift, second = (np.clip(v, 0, 1) for v in (t / 0.4, (t - 0.4) / 0.2, (t - 0.6) / 0.4))
    x = -1 + 2 * first - 2 * second
    y = -1 + 2 * first - 2 * lift + 2 * second
    return _pose(_toward(vector(0.16 * x, 0.05 + 0.16 * y, -0.32), _bump(t)))


def draw_tick(t: float) -> Pose:
    """A short stroke down and a long one up."""
    x = -0.15 + 0.30 * t
    y = 0.10 + 0.10 * t / 0.35 if t < 0.35 else 0.20 - 0.40 * (t - 0.35) / 0.65
    return _pose(_toward(vector(x, y, -0.32), _bump(t)))


def draw_circle(t: float) -> Pose:
    """A circle of the right hand in front."""
    angle = 4 * np.pi * t
    return _pose(
        _toward(vector(0.17 * np.sin(angle), 0.05 - 0.17 * np.cos(angle), -0.30), _bump(t))
    )


def clap(t: float) -> Pose:
    """Both hands together in front, again and again."""
    gap = 0.10 * abs(np.sin(5 * np.pi * t))
    hand = _toward(vector(gap - 0.11, 0.12, -0.26), _bump(t))
    return _pose(hand, hand)


def two_hand_wave(t: float) -> Pose:
    """Both hands above the head, side to side."""
    swing = 0.12 * np.sin(6 * np.pi * t)
    hand = _toward(vector(0.12 + swing, -0.28, -0.05), _bump(t))
    return _pose(hand, hand)


def side_boxing(t: float) -> Pose:
    """Fists ahead by turns, trunk turning."""
    wave = np.sin(6 * np.pi * t)
    amount = _bump(t)
    right = _toward(vector(-0.02, 0.05, -0.12 - 0.25 * max(0.0, wave)), amount)
    left = _toward(vector(-0.02, 0.05, -0.12 - 0.25 * max(0.0, -wave)), amount)
    return _pose(right, left, spin=0.35 * wave * amount)


def bend(t: float) -> Pose:
    """Trunk forward, hands to the ground."""
    amount = _bump(t)
    hand = _toward(vector(0.0, 0.42, -0.15), amount)
    return _pose(hand, hand, bend=1.1 * amount, drop=0.06 * amount)


def forward_kick(t: float) -> Pose:
    """Right foot ahead, twice."""
    lift = max(0.0, np.sin(4 * np.pi * t))
    foot = _toward(vector(0.0, 0.25, -0.38), lift, REST_FOOT)
    return _pose(right_foot=foot, bend=-0.12 * lift)


def side_kick(t: float) -> Pose:
    """Right foot out to the side, twice."""
    lift = max(0.0, np.sin(4 * np.pi * t))
    return _pose(right_foot=_toward(vector(0.36, 0.28, 0.0), lift, REST_FOOT))


def jogging(t: float) -> Pose:
    """Knees and fists by turns, on the spot."""
    wave = np.sin(8 * np.pi * t)

    def foot(side: float) -> Vector:
        return _toward(vector(0.0, 0.34, -0.06), max(0.0, side), REST_FOOT)

    def hand(side: float) -> Vector:
        return vector(0.0, 0.20 - 0.04 * side, -0.10 - 0.10 * side)

    return _pose(hand(-wave), hand(wave), foot(wave), foot(-wave), drop=0.01 * abs(wave))


def tennis_swing(t: float) -> Pose:
    """Right hand from far right across to the left."""
    phase = np.clip((t - 0.3) / 0.4, 0, 1)
    start, stop = vector(0.36, 0.12, 0.05), vector(-0.25, 0.0, -0.25)
    amount = _bump(t)
    return _pose(_toward(start + (stop - start) * phase, amount), spin=0.8 * (0.5 - phase) * amount)


def tennis_serve(t: float) -> Pose:
    """Left hand up, then the right hand from above down."""
    phase = np.clip((t - 0.45) / 0.3, 0, 1)
    amount = _bump(t)
    start, stop = vector(0.12, -0.36, 0.10), vector(-0.10, 0.25, -0.25)
    left = _toward(vector(0.05, -0.36, -0.15), max(0.0, np.sin(2 * np.pi * min(t, 0.5))))
    return _pose(_toward(start + (stop - start) * phase, amount), left)


def golf_swing(t: float) -> Pose:
    """Both hands low, from right to left."""
    phase = 0.5 - 0.5 * np.cos(2 * np.pi * t)
    side = 0.5 - phase
    amount = _bump(t)
    right = _toward(vector(-0.12 + 0.55 * side, 0.30 - 0.5 * abs(side), -0.18), amount)
    left = _toward(vector(-0.12 - 0.55 * side, 0.30 - 0.5 * abs(side), -0.18), amount)
    return _pose(right, left, bend=0.35 * amount, spin=0.9 * side * amount)


def pick_up_and_throw(t: float) -> Pose:
    """Down to the ground, then a throw."""
    low, late = _bump(min(1.0, 2 * t)), float(np.clip((t - 0.5) / 0.4, 0, 1))
    hand = _toward(vector(0.0, 0.42, -0.15), low if t < 0.5 else 0.0)
    if t >= 0.5:
        hand = _toward(vector(0.05, -0.15 + 0.2 * late, 0.10 - 0.45 * late), _bump(late))
    return _pose(hand, bend=1.0 * low * (t < 0.5), drop=0.08 * low * (t < 0.5))


# In the order of MSRAction-3D's labels; each returns the pose at a time from 0 to 1.
ACTIONS: tuple[Callable[[float], Pose], ...] = (
    high_wave, horizontal_wave, hammer, catch, punch, high_throw, draw_x, draw_tick, draw_circle,
    clap, two_hand_wave, side_boxing, bend, forward_kick, side_kick, jogging, tennis_swing,
    tennis_serve, golf_swing, pick_up_and_throw,
)  # fmt: skip
