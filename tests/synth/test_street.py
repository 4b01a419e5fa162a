import numpy as np

from pcv.synth.street import COLOURS, build_street, cast_street


def test_rays_end_on_what_they_hit() -> None:
    street = build_street(np.random.default_rng(0))
    rays = np.random.default_rng(1).normal(size=(500, 3))
    origin = np.array([0.2, -1.8, 3.0])
    hits = cast_street(street, 2.0, origin, rays)
    ends = origin + rays * hits.distance[:, None]
    assert set(hits.kind) <= set(COLOURS)
    for end, kind, thing in zip(ends, hits.kind, hits.thing, strict=True):
        if kind == "sky":
            assert not np.isfinite(end).any()
        elif thing:
            low = street.low[thing - 1] + 2 * street.velocity[thing - 1]
            high = street.high[thing - 1] + 2 * street.velocity[thing - 1]
            assert (end > low - 1e-9).all()
            assert (end < high + 1e-9).all()
            assert np.isclose(end, low).any() or np.isclose(end, high).any()
        else:
            assert abs(end[1]) < 1e-9
            assert kind == ("road" if abs(end[0]) < 4 else "sidewalk")


def test_only_driving_cars_move() -> None:
    street = build_street(np.random.default_rng(0))
    moves = np.abs(street.velocity).sum(1) > 0
    assert {kind for kind, m in zip(street.kind, moves, strict=True) if m} == {"moving car"}
