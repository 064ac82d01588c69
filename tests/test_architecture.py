"""The architecture: ui → rag → index, specific names of modules, and late slow imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("index", "rag", "ui")
DRAWERS = {"base", "common", "core", "helper", "helpers", "misc", "shared", "tools", "util", "utils"}
"""Names that do not say what a module does, so that it attracts unrelated code."""

HTTP = {"fastapi", "gradio", "http", "httpx", "requests", "starlette", "urllib", "uvicorn"}


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def sources(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def imported(file: Path) -> Iterator[str]:
    """The top-level packages that a module imports."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def shown(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_imports_go_from_ui_to_rag_to_index_and_each_library_has_one_door() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "ui → rag → index KEPT" in done.stdout


@pytest.mark.parametrize("room", ["index", "rag"])
def test_nothing_below_ui_knows_http(room: str) -> None:
    """The only exceptions are the clients of language models, which need the proxy that they may use."""
    found = {shown(file): sorted(HTTP & set(imported(file))) for file in sources(room)}
    clients = ("rag/llm/discovery.py", "rag/llm/providers.py") if room == "rag" else ()
    client = {file: ["httpx", "urllib"] for file in clients}
    assert {file: names for file, names in found.items() if names} == client


def test_only_the_settings_read_the_environment() -> None:
    readers = [
        shown(file)
        for file in sources(*ROOMS)
        for node in ast.walk(tree(file))
        if (isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.getenv", "os.environ.get"})
        or (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and ast.unparse(node.value) == "os.environ"
        )
    ]
    assert readers == []


def test_a_package_imports_from_the_faces_of_another() -> None:
    """``from index.text import fold`` is allowed; an import from a deeper module is not."""
    deep = [
        f"{shown(file)}: {node.module}"
        for file in sources(*ROOMS)
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        if node.module.split(".")[0] in {*ROOMS} - {file.relative_to(ROOT).parts[0]}
        if len(node.module.split(".")) > 2
    ]
    assert deep == []


def test_routes_get_the_library_as_their_sender_may_see_it() -> None:
    """A function that makes routes has no library of its own, which would be the whole one.

    Whether the server is ready depends on the whole library; the routes that tell it name no report.
    """
    readiness = "ui/http/operations.py: health_router(engine)"
    whole = {"Catalog", "Library", "QueryEngine"}
    functions = [
        (shown(file), node)
        for file in sources("ui/http", "ui/page")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef) and node.name.endswith("_router")
    ]
    given = [
        f"{file}: {function.name}({argument.arg})"
        for file, function in functions
        for argument in [*function.args.args, *function.args.kwonlyargs]
        if argument.annotation and whole & {*re.findall(r"\w+", ast.unparse(argument.annotation))}
    ]
    assert len(functions) >= 10
    assert given == [readiness]


def test_no_test_changes_the_clock_of_the_whole_process() -> None:
    """A shared server's event loop that goes to sleep by a clock of the future answers no more."""
    patched = re.compile(r"""setattr\(\s*(time,\s|["'][\w.]*\btime\.(monotonic|time|sleep)["'])""")
    assert [
        shown(file) for file in sources("tests") if patched.search(file.read_text(encoding="utf-8"))
    ] == []


def test_no_module_is_a_drawer() -> None:
    assert [shown(file) for file in sources(*ROOMS, "tests", "benchmarks") if file.stem in DRAWERS] == []


def test_every_module_says_what_it_is() -> None:
    silent = [shown(file) for file in sources(*ROOMS, "tests") if not ast.get_docstring(tree(file))]
    assert silent == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_typed_for_those_who_import_it(room: str) -> None:
    assert (ROOT / room / "py.typed").is_file()
