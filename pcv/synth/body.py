"""A synthetic person: capsules on a skeleton."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.synth.motions import Pose, Vector, vector

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
    """The build and the habits of one subject."""

    height: float  # metres
    girth: float  # multiplies radii
    reach: float  # multiplies the extent of movements
    pace: float  # multiplies speed
    lean: float  # radians, forward
    distance: float  # metres from the camera
    side: float  # metres to the right of the camera's axis
    turn: float  # radians about the vertical


def draw_person(rng: np.random.Generator) -> Person:
    """Draw a random subject."""
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
    """Return the same person in another trial."""
    return person._replace(
        reach=person.reach * rng.uniform(0.93, 1.07),
        pace=person.pace * rng.uniform(0.9, 1.1),
        distance=person.distance + rng.uniform(-0.1, 0.1),
        side=person.side + rng.uniform(-0.1, 0.1),
        turn=person.turn + rng.uniform(-0.12, 0.12),
    )


def capsules(person: Person, pose: Pose) -> NDArray[np.float64]:  # (parts, 7)
    """Return the capsules in camera coordinates: both ends (x, y, z) and the radius, metres."""
    h = person.height
    joints = _joints(person, pose)
    cosine, sine = np.cos(person.turn), np.sin(person.turn)
    turn = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    # The camera stands one metre above the ground, where the hips of most people are.
    stand = vector(person.side, 1.0 - 0.53 * h, person.distance)
    rows = [
        [
            *(turn @ joints[first] * h + stand),
            *(turn @ joints[second] * h + stand),
            radius * h * person.girth,
        ]
        for _, first, second, radius in PARTS
    ]
    return np.array(rows)


def _joints(person: Person, pose: Pose) -> dict[str, Vector]:
    """Return each joint's position, in body heights from the hips of the standing person."""
    hips = vector(0, pose.drop, 0)
    angle = pose.bend + person.lean
    up = vector(0, -np.cos(angle), -np.sin(angle))
    across = vector(np.cos(pose.spin), 0, np.sin(pose.spin))
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
        elbow, wrist = _reach(shoulder, wrist, 0.17, 0.15, vector(side * 0.5, 1.0, 0.6))
        grip = wrist + 0.05 * _unit(wrist - elbow)
        hip = hips + side * vector(0.05, 0, 0)
        knee, ankle = _reach(
            hip,
            hip + foot * vector(side, 1, 1) - vector(0, pose.drop, 0),
            0.245,
            0.245,
            vector(0, 0, -1),
        )
        parts = ("shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "toe")
        positions = (
            shoulder,
            elbow,
            wrist,
            grip,
            hip,
            knee,
            ankle,
            ankle + vector(side * 0.02, 0.01, -0.1),
        )
        joints |= {f"{name} {part}": at for part, at in zip(parts, positions, strict=True)}
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
