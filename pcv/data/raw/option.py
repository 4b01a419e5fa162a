"""A field of a reader as an option: for the command line, for a store's notes and for words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args

from pydantic.fields import FieldInfo

from pcv.data.raw.marks import Choice, Flag, Named, Noted, Parts, Text
from pcv.data.raw.words import READ
from pcv.errors import InputError

Mark = TypeVar("Mark")


@dataclass(frozen=True)
class Option:
    """A field, as ``pcv prepare``, ``pcv predict --read`` and the settings of a store see it."""

    field: str
    info: FieldInfo

    def mark(self, kind: type[Mark]) -> Mark | None:
        """Return the mark of a kind; None where the field has none."""
        return next((mark for mark in self.info.metadata if isinstance(mark, kind)), None)

    def bound(self, name: str) -> float | None:
        """Return the bound ``ge`` or ``le``; None where the field has none."""
        found = (getattr(mark, name, None) for mark in self.info.metadata)
        return next((bound for bound in found if bound is not None), None)

    @property
    def optional(self) -> bool:
        """Whether the value may be None."""
        return NoneType in get_args(self.info.annotation)

    @property
    def kind(self) -> Any:  # noqa: ANN401 - what an annotation can be
        """The type of a value that is not None."""
        kinds = [kind for kind in get_args(self.info.annotation) if kind is not NoneType]
        return kinds[0] if self.optional else self.info.annotation

    @property
    def default(self) -> Any:  # noqa: ANN401 - any value
        """The default; Ellipsis where the option must be given."""
        return ... if self.info.is_required() else self.info.get_default(call_default_factory=True)

    @property
    def name(self) -> str:
        """The name for ``pcv prepare``, without the dashes."""
        named = self.mark(Named)
        return named.option if named else self.field.replace("_", "-")

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The options of ``pcv prepare`` that set it; none where it has no description."""
        parts, text, said = self.mark(Parts), self.mark(Text), self.info.description
        if parts:
            return parts.flags
        if not said:
            return ()
        if text:
            missing = ... if self.default is ... else ""
            return (Flag(self.name, said, text.metavar, default=missing),)
        low, high = self.bound("ge"), self.bound("le")
        return (Flag(self.name, said, None, self.info.annotation, self.default, low, high),)

    @property
    def plain(self) -> bool:
        """Whether the command line can make its value: of a simple type, or of texts."""
        texts = self.mark(Parts) or self.mark(Text)
        return bool(texts) or not self.flags or self.kind in READ

    def take(self, words: list[Any]) -> Any:  # noqa: ANN401 - any value
        """Make the value of what was given for its flags, one word per flag.

        Raises:
            InputError: A text is not what was expected.
        """
        text = self.mark(Parts) or self.mark(Text)
        if text is None:
            return None if self.optional and words[0] == "" else words[0]
        if not words[0]:
            return self.default
        try:
            return text.parse(*words)
        except ValueError:
            given = zip(self.flags, words, strict=True)
            told = " ".join(f"--{flag.name} {word}" for flag, word in given)
            raise InputError(f"{told}: expected {text.expected}") from None

    def check(self, value: Any) -> None:  # noqa: ANN401 - any value
        """Refuse a value that cannot be chosen.

        Raises:
            InputError: The value is none of the choices.
        """
        choice = self.mark(Choice)
        if choice and value not in choice.values and not (self.optional and value is None):
            raise InputError(f"--{self.name} {value}: choose {choice}")

    @property
    def key(self) -> str:
        """The name in the settings of a store, and for ``--read``."""
        noted = self.mark(Noted)
        return noted.key if noted and noted.key else self.field

    def note(self, value: Any) -> float | str:  # noqa: ANN401 - any value
        """Return what a store notes of a value."""
        noted = self.mark(Noted) or Noted()
        if value is None:
            return noted.none
        if noted.write:
            return noted.write(value)
        if isinstance(value, Path):
            return value.name
        return value if type(value) in (int, float, str) else str(value)

    @property
    def readable(self) -> bool:
        """Whether ``read`` can make its value."""
        noted = self.mark(Noted)
        return bool(noted and noted.read) or self.kind in READ

    def read(self, text: str) -> Any:  # noqa: ANN401 - any value
        """Make the value of what a store noted, or what a user gives.

        Raises:
            ValueError: The text is no such value; the error says what was expected.
        """
        noted, choice = self.mark(Noted) or Noted(), self.mark(Choice)
        if self.optional and text == noted.none:
            return None
        value = noted.read(text) if noted.read else READ[self.kind](text, self.bound("ge"))
        if choice and value not in choice.values:
            raise ValueError(f"choose {choice}")
        return value


@lru_cache
def options_of(kind: type[Any]) -> dict[str, Option]:
    """Return the options of a reader by the names of their fields: all but its root folder."""
    fields: dict[str, FieldInfo] = kind.__pydantic_fields__
    return {name: Option(name, info) for name, info in fields.items() if name != "root"}
