"""YAML of anyone as plain values: numbers, text, lists and mappings, checked before it is built.

YAML can hold much more. An alias repeats a part, so that a few lines can stand for billions of
values; a tag names a type of a language; a list can be nested until a parser runs out of stack. All
of that is found in the stream of events, which takes no more memory than the text.
"""

from __future__ import annotations

from typing import Any

import yaml

MOST_BYTES = 1 << 20  # of a text; a recipe that names all training scenes of ScanNet has 25,000
MOST_DEPTH = 24  # of lists and mappings in one another; recipes have 4
MOST_VALUES = 1 << 17  # after aliases are replaced by what they stand for
KINDS = "only numbers, text, lists and mappings can stand here"
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the first is ten times as fast


class PlainLoader(Loader):  # type: ignore[misc]  # one of two classes
    """The safe loader without dates, which JSON does not have."""


def _refuse_date(loader: Any, node: yaml.ScalarNode) -> None:  # noqa: ANN401 - of libyaml or not
    raise yaml.YAMLError(f"{KINDS}, but {node.value} is a date in YAML; put it in quotes")


PlainLoader.add_constructor("tag:yaml.org,2002:timestamp", _refuse_date)


def read_plain_yaml(text: str) -> Any:  # noqa: ANN401 - what the text holds
    """Return what a text of YAML holds.

    Raises:
        yaml.YAMLError: It is not YAML, or more than plain values, or too large or too deep.
    """
    try:
        size = len(text.encode())
        if size > MOST_BYTES:
            raise yaml.YAMLError(f"{size} bytes are too many, expected {MOST_BYTES} at most")
        _check(text)
        loader = PlainLoader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except (ValueError, OverflowError) as error:  # such as 0b_, or a number of 5,000 digits
        raise yaml.YAMLError(f"a value cannot be read: {error}") from None


def _check(text: str) -> None:
    """Go through the events of a text, and count the values that it stands for."""
    total, known = 0, dict[str, int]()
    opened: list[tuple[str | None, int]] = []  # anchor and count before, of what is not closed
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.AliasEvent):
            total += _stands_for(str(event.anchor), known)
        elif isinstance(event, yaml.NodeEvent):
            _check_tag(event)
            if isinstance(event, yaml.ScalarEvent):
                _keep(event.anchor, 1, known)
            else:
                opened.append((event.anchor, total))
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            _keep(anchor, total - before, known)
        if len(opened) > MOST_DEPTH:
            raise yaml.YAMLError(f"lists or mappings are nested more than {MOST_DEPTH} deep")
        if total > MOST_VALUES:
            raise yaml.YAMLError(f"more than {MOST_VALUES} values, counting what aliases stand for")


def _stands_for(anchor: str, known: dict[str, int]) -> int:
    if anchor not in known:
        raise yaml.YAMLError(f"the alias *{anchor[:40]} stands for nothing, or for what it is in")
    return known[anchor]


def _keep(anchor: str | None, count: int, known: dict[str, int]) -> None:
    if anchor is not None:
        known[anchor] = count


def _check_tag(event: Any) -> None:  # noqa: ANN401 - yaml's types lack the attribute
    if event.tag is not None:
        raise yaml.YAMLError(f"{KINDS}, but this one holds the tag {event.tag[:60]}")
