"""Sections whose class is chosen by their key ``name``: one of pcv, or of an installed package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from pcv.config.section import Config
from pcv.plugins import GROUPS, find, names

T = TypeVar("T", bound=Config)


class Chosen(NamedTuple, Generic[T]):
    """An annotation of a recipe's field whose class the key ``name`` of its section chooses.

    When a recipe is read, only the class that it names is imported.
    """

    group: str  # the entry points by which other packages register their classes
    own: Mapping[str, type[T]]  # the classes of pcv by name
    parent: type[T]  # what every class derives from
    default: str  # the name that a section without the key has

    def model(self, section: Any) -> type[T] | None:  # noqa: ANN401 - anything that YAML can hold
        """Return the class that a section names; None if there is no such class.

        Raises:
            PluginError: An installed package that registers the name is broken or clashes.
        """
        name = section.get("name", self.default) if isinstance(section, dict) else None
        return find(self.group, self.own, name, self.parent) if isinstance(name, str) else None

    def read(self, section: Any, info: ValidationInfo) -> T:  # noqa: ANN401 - as in ``model``
        """Validate a section as the class that it names."""
        if isinstance(section, self.parent):
            return section
        if not isinstance(section, dict):
            raise ValueError("expected a mapping")  # noqa: TRY004 - pydantic wants this one
        model = self.model(section)
        if model is None:
            known = ", ".join(names(self.group, self.own))
            raise ValueError(f"no {GROUPS[self.group]} has the name {section.get('name')!r}; "
                             f"choose {known}")  # fmt: skip
        section = {"name": self.default} | section
        if info.mode == "json":  # where a list may stand for a tuple
            return model.model_validate_json(json.dumps(section))
        return model.model_validate(section)

    def __get_pydantic_core_schema__(
        self, source: type[T], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self.read,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda section, info: section.model_dump(mode=info.mode), info_arg=True
            ),
        )
