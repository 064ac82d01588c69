"""Imports Gradio without two slow steps of its import that the page does not need."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

_COMPONENTS = "gradio.component_meta"

_MCP = "mcp"


@contextmanager
def quick_gradio_import() -> Iterator[None]:
    """Make ``import gradio`` take about half as long within the context, by leaving out two steps.

    - Gradio writes type stubs of its components into its own folder at each import. This takes a second, and
      the folder may be read-only.
    - Gradio imports the package ``mcp`` if it is installed, to publish the functions of a page. This page
      publishes none. :mod:`ui.mcp` imports the package later, at the first request that needs it.

    The context has no effect on modules that are already imported, or on a version of Gradio without these
    steps.
    """
    finder = _WithoutStubs()
    sys.meta_path.insert(0, finder)
    hidden = _MCP not in sys.modules
    if hidden:
        # Python raises ImportError for a module whose entry is None; Gradio then goes on without it.
        sys.modules[_MCP] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        if hidden:
            del sys.modules[_MCP]


class _WithoutStubs(MetaPathFinder):
    """Finds Gradio's module that writes type stubs, and gives it a loader that disables the writing."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _COMPONENTS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if hasattr(module, "create_or_modify_pyi"):
            vars(module)["create_or_modify_pyi"] = _write_nothing


def _write_nothing(*_: object) -> None:
    pass
