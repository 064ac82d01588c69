"""Imports the public names of a package at their first use (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any


def attributes(package: str, homes: Mapping[str, Collection[str]]) -> Callable[[str], Any]:
    """Raises ValueError if a name is also a module's: importing the module would replace the attribute."""
    modules = {name: module for module, names in homes.items() for name in names}
    for name in modules:
        if f"{package}.{name}" in homes:
            raise ValueError(f"{package}.{name} is a module and cannot be a public name too; rename one")

    def get(name: str) -> Any:  # noqa: ANN401 (as the attributes of a module are)
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(modules[name]), name)

    return get
