"""Sections whose class is chosen by their key ``name``: one of pcv, or of an installed package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from pcv.config.section import Config
from pcv.errors import PluginError
from pcv.plugins import GROUPS, find, installed, names


class NamedConfig(Config):
    """A section whose class its key ``name`` chooses.

    Attributes:
        told: Class attributes that every class of the kind must set.
    """

    told: ClassVar[tuple[str, ...]] = ()

    name: str


T = TypeVar("T", bound=NamedConfig)


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
        if not isinstance(name, str):
            return None
        model = find(self.group, self.own, name, self.parent)
        if model is not None and name not in self.own:
            self._check(name, model)
        return model

    def _check(self, name: str, model: type[T]) -> None:
        """Refuse the class of another package that lacks what every section says."""
        missing = [told for told in self.parent.told if not hasattr(model, told)]
        problem = f"has no {missing[0]}" if missing else None
        if getattr(model.model_fields["name"].annotation, "__args__", ()) != (name,):
            problem = f'must declare `name: Literal["{name}"]`, as its entry point is called'
        if problem:
            package = next(p.package for p in installed(self.group) if p.name == name)
            raise PluginError(
                f"the {GROUPS[self.group]} {name} of the package {package} cannot be used: "
                f"{model.__module__}.{model.__qualname__} {problem}"
            )

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
