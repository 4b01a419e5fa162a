import json

import pytest

from pcv import doctor
from pcv.errors import KernelError


def test_the_facts_are_json_and_the_ops_are_right() -> None:
    facts = doctor.examine()
    json.dumps(facts)
    assert facts["ok"] is True
    assert facts["versions"]["torch"] != "not installed"
    assert set(facts["self_test"].values()) == {"equal to its definition"}


def test_a_wrong_kernel_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = doctor.ops.ball_query
    monkeypatch.setattr(doctor.ops, "ball_query", lambda *a: right(*a).flip(-1))
    facts = doctor.examine()
    assert facts["ok"] is False
    assert facts["self_test"]["ball_query cpu"] == "WRONG"


def test_a_build_that_fails_is_not_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise KernelError("no nvcc")

    monkeypatch.setattr(doctor.native, "native", fail)
    assert doctor.examine(build=True)["ok"] is False
