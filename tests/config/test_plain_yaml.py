import time

import pytest
import yaml

from pcv.config.plain_yaml import read_plain_yaml


def test_plain_values_are_read_as_yaml_says() -> None:
    text = "a: [1, 2.5, x, null, true]\nb: {c: '2020-01-01', d: .inf}\n"
    assert read_plain_yaml(text) == {
        "a": [1, 2.5, "x", None, True],
        "b": {"c": "2020-01-01", "d": float("inf")},
    }
    assert read_plain_yaml("") is None


def test_an_alias_stands_for_what_was_said_once() -> None:
    text = "few: &few {epochs: 1, batch: 2}\ntrain: {<<: *few, batch: 3}\nagain: [*few, *few]"
    found = read_plain_yaml(text)
    assert found["train"] == {"epochs": 1, "batch": 3}
    assert found["again"] == [{"epochs": 1, "batch": 2}] * 2


def bomb(levels: int, merged: bool = False) -> str:
    row = ", ".join("{0}" for _ in range(9))
    lines = ["a0: &a0 {x: 1}" if merged else "a0: &a0 [x]"]
    for level in range(1, levels):
        told = row.replace("{0}", f"*a{level - 1}")
        lines.append(f"a{level}: &a{level} " + (f"{{<<: [{told}]}}" if merged else f"[{told}]"))
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (bomb(12), "aliases"),
        (bomb(12, merged=True), "aliases"),
        ("a: &a [*a]", "stands for nothing"),
        ("a: *b", "alias"),
        ("[" * 10_000 + "]" * 10_000, "nested"),
        ("{a: " * 10_000 + "}" * 10_000, "nested"),
        ("- " * 10_000, "nested"),
        ("\n".join(" " * n + "a:" for n in range(900)), "nested"),
        ("x" * (1 << 20) + "y", "bytes are too many"),
        ("[" + "1," * 500_000 + "]", "too many values|more than"),
        ("a: !!set {x}", "only numbers, text"),
        ("a: !!python/object/apply:os.getcwd []", "only numbers, text"),
        ("a: !!float x", "only numbers, text"),
        ("a: !!binary aGk=", "only numbers, text"),
        ("a: 2020-01-01", "put it in quotes"),
        ("a: 2020-99-99 10:00:00", "put it in quotes"),
        ("a: =", ""),
        ("a: 0b_", "cannot be read"),
        ("9" * 5000, "cannot be read"),
        ("? [a]\n: 1", ""),
        ("a: 1\n---\nb: 1", "single document"),
        ("\x00", ""),
        ("\udcff", "cannot be read"),
        ("%YAML 9.9\n---\na", ""),
        ("a: [", ""),
    ],
)
def test_what_is_not_plain_is_refused_before_it_grows(text: str, why: str) -> None:
    began = time.process_time()
    with pytest.raises(yaml.YAMLError, match=why or "."):
        read_plain_yaml(text)
    assert time.process_time() - began < 20
