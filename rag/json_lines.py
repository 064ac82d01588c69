"""Reads JSON Lines files; an error names the line that is wrong."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import JsonLinesError


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of each line of a file, from 1, and the JSON object on it. Blank lines are skipped.

    A file whose name ends in ``.gz`` is unpacked.

    Raises:
        JsonLinesError: if the file cannot be read, or a line is not a JSON object.
    """
    is_packed = path.suffix == ".gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8") if is_packed else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _object(path, number, line)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        cause = getattr(error, "strerror", None) or str(error)
        packed = ", packed with gzip" if is_packed else ""
        raise JsonLinesError(
            f"{path} cannot be read: {cause}; give a readable file in UTF-8{packed}"
        ) from error


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise JsonLinesError(
            f"{path}, line {number}: the line is not JSON ({error.msg} at character {error.pos}); "
            "correct or remove the line"
        ) from error
    if not isinstance(value, dict):
        raise JsonLinesError(
            f"{path}, line {number}: the line is a {type(value).__name__}, not a JSON object; "
            "write {…} on each line"
        )
    return value
