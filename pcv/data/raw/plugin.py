"""Checks of a reader of another package, before it is used."""

from __future__ import annotations

from pcv import plugins
from pcv.data.raw.option import options_of
from pcv.data.raw.reader import DatasetReader, Sign
from pcv.errors import PluginError


def check_reader(name: str, kind: type[DatasetReader]) -> None:
    """Refuse a class that cannot be used as a reader.

    Args:
        name: The name of its entry point.
        kind: The class, which derives from ``DatasetReader``.

    Raises:
        PluginError: It cannot; the error names the package and what is wrong.
    """
    try:
        problem = _problem(name, kind)
    except Exception as error:  # a package of anyone's may state anything
        problem = " ".join(f"states its options wrongly: {error}".split())
    if problem:
        raise PluginError(
            f"the reader {name} of the package {package_of(name)} cannot be used: "
            f"{kind.__module__}.{kind.__qualname__} {problem}"
        )


def package_of(name: str) -> str:
    """Return the package that registers a reader."""
    return next(p.package for p in plugins.installed(plugins.READERS) if p.name == name)


def _problem(name: str, kind: type[DatasetReader]) -> str | None:
    missing = [told for told in ("dataset", "summary", "example") if not hasattr(kind, told)]
    missing += sorted(kind.__abstractmethods__)
    if missing:
        return f"has no {missing[0]}"
    if not hasattr(kind, "__pydantic_fields__"):
        return "is no dataclass of pydantic"
    if kind.dataset != name:
        return f"calls its dataset {kind.dataset}; its entry point must have that name, too"
    if not all(isinstance(sign, Sign) for sign in kind.signs):
        return "has signs that are no Sign"
    known = options_of(kind)
    unknown = {*(kind.predict_options or ()), *kind.predict_always} - set(known)
    if unknown:
        return f"has no field {min(unknown)}"
    odd = [option.name for option in known.values() if not option.plain]
    return f"has the option --{odd[0]} of a type that needs the mark Text" if odd else None
