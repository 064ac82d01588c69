"""Imports the public names of a package at their first use (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def attributes(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a package whose public names are in the modules ``homes``.

    Raises ValueError if a public name is also the name of a module of the package, because importing the
    module would replace the attribute.
    """
    for name in homes:
        if f"{package}.{name}" in homes.values():
            raise ValueError(f"{package}.{name} is a module and cannot be a public name too; rename one")

    def get(name: str) -> Any:  # noqa: ANN401 (as the attributes of a module are)
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return get
