"""Readers, encoders and objectives of packages that are installed beside pcv.

A package registers them in its ``pyproject.toml`` as entry points of the groups below. The name of
an entry point is the name that recipes and ``pcv prepare`` use. A class is imported only when its
name is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import NamedTuple, TypeVar

from pcv.errors import PluginError, one_line

READERS, ENCODERS, OBJECTIVES = "pcv.readers", "pcv.encoders", "pcv.objectives"
GROUPS = {READERS: "reader", ENCODERS: "encoder", OBJECTIVES: "objective"}  # what messages say
T = TypeVar("T")


class Plugin(NamedTuple):
    """One entry point of a package."""

    group: str
    name: str
    package: str
    entry: EntryPoint


@lru_cache
def installed(group: str) -> tuple[Plugin, ...]:
    """Return the entry points of a group, sorted by name, without importing their classes."""
    found = [
        Plugin(group, entry.name, entry.dist.name if entry.dist else entry.module, entry)
        for entry in entry_points(group=group)
    ]
    return tuple(sorted(found, key=lambda plugin: (plugin.name, plugin.package)))


def names(group: str, own: Iterable[str]) -> list[str]:
    """Return all names of a group: first pcv's own, then those of other packages, sorted.

    Args:
        group: One of ``GROUPS``.
        own: The names of pcv's own classes.
    """
    known = list(own)
    return known + sorted({plugin.name for plugin in installed(group)} - set(known))


def find(group: str, own: Mapping[str, type[T]], name: str, parent: type[T]) -> type[T] | None:
    """Return the class that is registered under a name; None if there is no such class.

    Args:
        group: One of ``GROUPS``.
        own: pcv's own classes by name.
        name: The name that a recipe or a command uses.
        parent: The class from which the found one must derive.

    Raises:
        PluginError: Two packages register the name, or the class cannot be loaded.
    """
    rivals = [plugin for plugin in installed(group) if plugin.name == name]
    if not rivals:
        return own.get(name)
    packages = ["pcv"] * (name in own) + [plugin.package for plugin in rivals]
    if len(packages) > 1:
        raise PluginError(
            f"the {GROUPS[group]} {name} is registered by {' and '.join(packages)}; "
            f"uninstall {packages[-1]}, or rename its entry point"
        )
    return load(rivals[0], parent)


def imported(path: str, parent: type[T]) -> type[T]:
    """Import the class that a section of a recipe builds.

    Args:
        path: ``module:Class``.
        parent: The class from which the imported one must derive.

    Raises:
        PluginError: The module cannot be imported, or it has no such class.
    """
    module, _, name = path.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise PluginError(f"{path} cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, parent)):
        raise PluginError(f"{path} is not a {parent.__module__}.{parent.__qualname__}")
    return found


def load(plugin: Plugin, parent: type[T]) -> type[T]:
    """Import the class of an entry point, which must derive from ``parent``.

    Raises:
        PluginError: The import fails, or the class does not derive from ``parent``.
    """
    what = f"the {GROUPS[plugin.group]} {plugin.name} of the package {plugin.package}"
    try:
        found = plugin.entry.load()
    except Exception as error:  # an import of another package's module can raise anything
        reason = one_line(f"{type(error).__name__}: {error}")
        raise PluginError(
            f"{what} cannot be loaded: {reason}; update or uninstall {plugin.package}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, parent)):
        raise PluginError(
            f"{what} is {plugin.entry.value}, which is not a "
            f"{parent.__module__}.{parent.__qualname__}"
        )
    return found
