import importlib.util

import pytest

from pcv.data.workers import Workers, execute
from pcv.errors import InputError


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_call_is_answered(jobs: int) -> None:
    calls = [(abs, (-n,)) for n in range(5)]
    assert sorted(execute(calls, Workers(jobs))) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_comes_through(jobs: int) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        list(execute([(int, ("x",)), (int, ("1",))], Workers(jobs)))


def test_dask_is_asked_for_by_name_when_missing() -> None:
    if importlib.util.find_spec("distributed"):
        pytest.skip("Dask is installed here")
    with pytest.raises(InputError, match=r"pcv\[dask\]"):
        list(execute([], Workers(1, "tcp://127.0.0.1:1")))
