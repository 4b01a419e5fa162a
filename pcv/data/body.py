"""A synthetic person: capsules on a skeleton, and the actions it performs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]  # (3,) metres; x right, y down, z forward, seen from the camera

# Capsules: name, first joint, second joint, radius as a share of height.
PARTS = (
    ("head", "neck", "head", 0.062),
    ("chest", "chest", "neck", 0.085),
    ("belly", "hips", "chest", 0.080),
    ("left upper arm", "left shoulder", "left elbow", 0.030),
    ("left forearm", "left elbow", "left wrist", 0.026),
    ("left hand", "left wrist", "left hand", 0.028),
    ("right upper arm", "right shoulder", "right elbow", 0.030),
    ("right forearm", "right elbow", "right wrist", 0.026),
    ("right hand", "right wrist", "right hand", 0.028),
    ("left thigh", "left hip", "left knee", 0.048),
    ("left shin", "left knee", "left ankle", 0.036),
    ("left foot", "left ankle", "left toe", 0.028),
    ("right thigh", "right hip", "right knee", 0.048),
    ("right shin", "right knee", "right ankle", 0.036),
    ("right foot", "right ankle", "right toe", 0.028),
    ("shoulders", "left shoulder", "right shoulder", 0.040),
    ("pelvis", "left hip", "right hip", 0.055),
)
PART_NAMES = tuple(part[0] for part in PARTS)


class Person(NamedTuple):
    """Build and habits of one subject."""

    height: float  # metres
    girth: float  # multiplies radii
    reach: float  # multiplies the extent of movements
    pace: float  # multiplies speed
    lean: float  # radians, forward
    distance: float  # metres from the camera
    side: float  # metres to the right of the camera's axis
    turn: float  # radians about the vertical


class Pose(NamedTuple):
    """Hands relative to their shoulders and feet relative to their hips, in body heights."""

    left_hand: Vector
    right_hand: Vector
    left_foot: Vector
    right_foot: Vector
    bend: float = 0.0  # radians the trunk leans forward
    drop: float = 0.0  # body heights the hips sink
    spin: float = 0.0  # radians the trunk turns


def draw_person(rng: np.random.Generator) -> Person:
    """Draw a subject."""
    return Person(
        height=rng.uniform(1.5, 1.95),
        girth=rng.uniform(0.85, 1.25),
        reach=rng.uniform(0.85, 1.1),
        pace=rng.uniform(0.75, 1.3),
        lean=rng.uniform(-0.05, 0.08),
        distance=rng.uniform(2.4, 3.2),
        side=rng.uniform(-0.3, 0.3),
        turn=rng.uniform(-0.3, 0.3),
    )


def vary(person: Person, rng: np.random.Generator) -> Person:
    """The same person in another trial."""
    return person._replace(
        reach=person.reach * rng.uniform(0.93, 1.07),
        pace=person.pace * rng.uniform(0.9, 1.1),
        distance=person.distance + rng.uniform(-0.1, 0.1),
        side=person.side + rng.uniform(-0.1, 0.1),
        turn=person.turn + rng.uniform(-0.12, 0.12),
    )


def _v(x: float, y: float, z: float) -> Vector:
    return np.array([x, y, z])


# x of a hand or foot is outwards from the body, so that both sides read alike; y down, z forward
# of the person is towards the camera, hence negative.
REST_HAND = _v(0.03, 0.40, -0.02)
REST_FOOT = _v(0.01, 0.49, 0.0)


def _bump(t: float) -> float:
    """0 at the ends of an action, 1 in its middle part."""
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
    return _pose(_toward(_v(0.10 + swing, -0.30, -0.08), _bump(t)))


def horizontal_wave(t: float) -> Pose:
    """Right hand at chest height, side to side."""
    swing = 0.20 * np.sin(4 * np.pi * t)
    return _pose(_toward(_v(0.05 + swing, 0.08, -0.28), _bump(t)))


def hammer(t: float) -> Pose:
    """Right hand up and down in front."""
    beat = abs(np.sin(3 * np.pi * t))
    return _pose(_toward(_v(0.02, 0.22 - 0.42 * beat, -0.22), _bump(t)))


def catch(t: float) -> Pose:
    """Right hand out to the side and back to the belly, once."""
    out = _v(0.30, 0.0, -0.15)
    near = _v(-0.05, 0.25, -0.15)
    phase = 0.5 - 0.5 * np.cos(2 * np.pi * t)
    return _pose(_toward(near + (out - near) * phase, _bump(t)))


def punch(t: float) -> Pose:
    """Right fist straight ahead, twice."""
    thrust = max(0.0, np.sin(4 * np.pi * t))
    return _pose(_toward(_v(-0.02, 0.12 - 0.08 * thrust, -0.10 - 0.30 * thrust), _bump(t)))


def high_throw(t: float) -> Pose:
    """Right hand behind the head, then ahead."""
    phase = np.clip((t - 0.35) / 0.25, 0, 1)
    goal = _v(0.10, -0.20, 0.15) + (_v(0.0, 0.0, -0.40) - _v(0.10, -0.20, 0.15)) * phase
    return _pose(_toward(goal, _bump(t)), spin=0.4 * (0.5 - phase) * _bump(t))


def draw_x(t: float) -> Pose:
    """Two crossing strokes of the right hand."""
    half = (2 * t) % 1 * 2 - 1
    x = half if t < 0.5 else -half
    return _pose(_toward(_v(0.16 * x, 0.05 + 0.16 * half, -0.32), _bump(t)))


def draw_tick(t: float) -> Pose:
    """A short stroke down and a long one up."""
    x = -0.15 + 0.30 * t
    y = 0.10 + 0.10 * t / 0.35 if t < 0.35 else 0.20 - 0.40 * (t - 0.35) / 0.65
    return _pose(_toward(_v(x, y, -0.32), _bump(t)))


def draw_circle(t: float) -> Pose:
    """A circle of the right hand in front."""
    angle = 4 * np.pi * t
    return _pose(_toward(_v(0.17 * np.sin(angle), 0.05 - 0.17 * np.cos(angle), -0.30), _bump(t)))


def clap(t: float) -> Pose:
    """Both hands together in front, again and again."""
    gap = 0.10 * abs(np.sin(5 * np.pi * t))
    hand = _toward(_v(gap - 0.11, 0.12, -0.26), _bump(t))
    return _pose(hand, hand)


def two_hand_wave(t: float) -> Pose:
    """Both hands above the head, side to side."""
    swing = 0.12 * np.sin(6 * np.pi * t)
    hand = _toward(_v(0.12 + swing, -0.28, -0.05), _bump(t))
    return _pose(hand, hand)


def side_boxing(t: float) -> Pose:
    """Fists ahead by turns, trunk turning."""
    wave = np.sin(6 * np.pi * t)
    amount = _bump(t)
    right = _toward(_v(-0.02, 0.05, -0.12 - 0.25 * max(0.0, wave)), amount)
    left = _toward(_v(-0.02, 0.05, -0.12 - 0.25 * max(0.0, -wave)), amount)
    return _pose(right, left, spin=0.35 * wave * amount)


def bend(t: float) -> Pose:
    """Trunk forward, hands to the ground."""
    amount = _bump(t)
    hand = _toward(_v(0.0, 0.42, -0.15), amount)
    return _pose(hand, hand, bend=1.1 * amount, drop=0.06 * amount)


def forward_kick(t: float) -> Pose:
    """Right foot ahead, twice."""
    lift = max(0.0, np.sin(4 * np.pi * t))
    foot = _toward(_v(0.0, 0.25, -0.38), lift, REST_FOOT)
    return _pose(right_foot=foot, bend=-0.12 * lift)


def side_kick(t: float) -> Pose:
    """Right foot out to the side, twice."""
    lift = max(0.0, np.sin(4 * np.pi * t))
    return _pose(right_foot=_toward(_v(0.36, 0.28, 0.0), lift, REST_FOOT))


def jogging(t: float) -> Pose:
    """Knees and fists by turns, on the spot."""
    wave = np.sin(8 * np.pi * t)

    def foot(side: float) -> Vector:
        return _toward(_v(0.0, 0.34, -0.06), max(0.0, side), REST_FOOT)

    def hand(side: float) -> Vector:
        return _v(0.0, 0.20 - 0.04 * side, -0.10 - 0.10 * side)

    return _pose(hand(-wave), hand(wave), foot(wave), foot(-wave), drop=0.01 * abs(wave))


def tennis_swing(t: float) -> Pose:
    """Right hand from far right across to the left."""
    phase = np.clip((t - 0.3) / 0.4, 0, 1)
    start, stop = _v(0.36, 0.12, 0.05), _v(-0.25, 0.0, -0.25)
    amount = _bump(t)
    return _pose(_toward(start + (stop - start) * phase, amount), spin=0.8 * (0.5 - phase) * amount)


def tennis_serve(t: float) -> Pose:
    """Left hand up, then the right hand from above down."""
    phase = np.clip((t - 0.45) / 0.3, 0, 1)
    amount = _bump(t)
    start, stop = _v(0.12, -0.36, 0.10), _v(-0.10, 0.25, -0.25)
    left = _toward(_v(0.05, -0.36, -0.15), max(0.0, np.sin(2 * np.pi * min(t, 0.5))))
    return _pose(_toward(start + (stop - start) * phase, amount), left)


def golf_swing(t: float) -> Pose:
    """Both hands low, from right to left."""
    phase = 0.5 - 0.5 * np.cos(2 * np.pi * t)
    side = 0.5 - phase
    amount = _bump(t)
    right = _toward(_v(-0.12 + 0.55 * side, 0.30 - 0.5 * abs(side), -0.18), amount)
    left = _toward(_v(-0.12 - 0.55 * side, 0.30 - 0.5 * abs(side), -0.18), amount)
    return _pose(right, left, bend=0.35 * amount, spin=0.9 * side * amount)


def pick_up_and_throw(t: float) -> Pose:
    """Down to the ground, then a throw."""
    low, late = _bump(min(1.0, 2 * t)), float(np.clip((t - 0.5) / 0.4, 0, 1))
    hand = _toward(_v(0.0, 0.42, -0.15), low if t < 0.5 else 0.0)
    if t >= 0.5:
        hand = _toward(_v(0.05, -0.15 + 0.2 * late, 0.10 - 0.45 * late), _bump(late))
    return _pose(hand, bend=1.0 * low * (t < 0.5), drop=0.08 * low * (t < 0.5))


# In the order of MSRAction-3D's labels.
ACTIONS: tuple[Callable[[float], Pose], ...] = (
    high_wave, horizontal_wave, hammer, catch, punch, high_throw, draw_x, draw_tick, draw_circle,
    clap, two_hand_wave, side_boxing, bend, forward_kick, side_kick, jogging, tennis_swing,
    tennis_serve, golf_swing, pick_up_and_throw,
)  # fmt: skip


def capsules(person: Person, pose: Pose) -> NDArray[np.float64]:  # (parts, 7)
    """Place every capsule in the camera's frame: both ends (x, y, z) and the radius, metres."""
    h = person.height
    joints = _joints(person, pose)
    cosine, sine = np.cos(person.turn), np.sin(person.turn)
    turn = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    # The camera stands one metre above the ground, where the hips of most people are.
    place = _v(person.side, 1.0 - 0.53 * h, person.distance)
    rows = [
        [
            *(turn @ joints[first] * h + place),
            *(turn @ joints[second] * h + place),
            radius * h * person.girth,
        ]
        for _, first, second, radius in PARTS
    ]
    return np.array(rows)


def _joints(person: Person, pose: Pose) -> dict[str, Vector]:
    """Joints in body heights from the standing hips."""
    hips = _v(0, pose.drop, 0)
    angle = pose.bend + person.lean
    up = _v(0, -np.cos(angle), -np.sin(angle))
    across = _v(np.cos(pose.spin), 0, np.sin(pose.spin))
    joints = {"hips": hips, "chest": hips + 0.17 * up, "neck": hips + 0.30 * up}
    joints["head"] = joints["neck"] + 0.11 * up
    forward = np.cross(across, up)
    for name, side, hand, foot in (
        ("left", 1.0, pose.left_hand, pose.left_foot),
        ("right", -1.0, pose.right_hand, pose.right_foot),
    ):
        shoulder = joints["neck"] - 0.02 * up + side * 0.105 * across
        local = hand * person.reach
        wrist = shoulder + side * local[0] * across - local[1] * up - local[2] * forward
        elbow, wrist = _reach(shoulder, wrist, 0.17, 0.15, _v(side * 0.5, 1.0, 0.6))
        grip = wrist + 0.05 * _unit(wrist - elbow)
        hip = hips + side * _v(0.05, 0, 0)
        knee, ankle = _reach(
            hip, hip + foot * _v(side, 1, 1) - _v(0, pose.drop, 0), 0.245, 0.245, _v(0, 0, -1)
        )
        parts = ("shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "toe")
        places = (
            shoulder,
            elbow,
            wrist,
            grip,
            hip,
            knee,
            ankle,
            ankle + _v(side * 0.02, 0.01, -0.1),
        )
        joints |= {f"{name} {part}": place for part, place in zip(parts, places, strict=True)}
    return joints


def _reach(
    root: Vector, goal: Vector, first: float, second: float, pole: Vector
) -> tuple[Vector, Vector]:
    """Bend a limb of two bones towards ``pole`` so that it ends at ``goal``, or points there."""
    offset = goal - root
    length = float(
        np.clip(np.linalg.norm(offset), abs(first - second) + 1e-3, first + second - 1e-3)
    )
    along = _unit(offset)
    reach = (first**2 - second**2 + length**2) / (2 * length)
    aside = pole - along * (pole @ along)
    middle = root + along * reach + _unit(aside) * np.sqrt(max(first**2 - reach**2, 0.0))
    return middle, root + along * length


def _unit(vector: Vector) -> Vector:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
