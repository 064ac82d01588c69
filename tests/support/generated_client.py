"""A client that openapi-python-client generates from the description of a server."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import httpx

CONFIGURATION = """
post_hooks: []
content_type_overrides:
  image/png: application/octet-stream
"""
"""No program formats the generated code. The generator knows no pictures, so they are bytes for it."""


def generated_client(description: httpx.Response, folder: Path, name: str) -> ModuleType:
    """Raises AssertionError if the generator cannot read a part of the description."""
    (folder / "openapi.json").write_bytes(description.content)
    (folder / "generator.yml").write_text(CONFIGURATION, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--fail-on-warning",
        "--meta",
        "none",
    ]
    options = ["--path", "openapi.json", "--config", "generator.yml", "--output-path", name]
    ended = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    sys.path.insert(0, str(folder))
    try:
        package = importlib.import_module(name)
        for file in sorted(Path(folder, name, "api").glob("*/*.py")):
            importlib.import_module(f"{name}.api.{file.parent.name}.{file.stem}")
        importlib.import_module(f"{name}.models")
    finally:
        sys.path.remove(str(folder))
    return package
