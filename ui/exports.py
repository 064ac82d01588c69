"""The command ``export``: an answer that the library keeps becomes a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui import terminal
from ui.faults import UsedWronglyError
from ui.opening import open_catalog
from ui.options import AsJson, Home
from ui.settings import load_settings

if TYPE_CHECKING:
    from index.catalog import Catalog

_JSON = "json"


def export(
    answer_id: Annotated[
        str, typer.Argument(metavar="ANSWER_ID", help="The answer_id that `ask --json` prints.")
    ],
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A new .md, .html, .docx or .json (default: print Markdown)."),
    ] = None,
    *,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write an answer with its footnotes to a file, which `verify` can check again."""
    from rag.kept_answers import is_answer_id

    if not is_answer_id(answer_id):
        raise UsedWronglyError(
            f"ANSWER_ID is {answer_id!r}; give the 32 hexadecimal digits that `footnoted ask --json` prints "
            "as answer_id"
        )
    suffix = _suffix(file, otherwise=_JSON if as_json else "md")
    if file is not None and file.exists():
        raise UsedWronglyError(f"{file} exists; choose another name, or move it away")
    with open_catalog(load_settings(home=home)) as catalog:
        data = exported(catalog, answer_id, suffix)
    if file is None:
        # As bytes: what a report says may not be in the terminal's encoding.
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    file.write_bytes(data)
    if as_json:
        terminal.print_json({"answer_id": answer_id, "file": str(file), "bytes": len(data)})
    else:
        terminal.print_line(terminal.output(), f"{file}: {len(data):,} bytes")


def exported(catalog: Catalog, answer_id: str, suffix: str) -> bytes:
    """An answer as a file of a suffix that :func:`export` takes, without the dot.

    Raises:
        AnswerNotFoundError: if the library does not keep it.
    """
    from rag.kept_answers import kept_answer, load
    from ui.exporting import digests_of, format_of
    from ui.exporting import export as written

    body = kept_answer(catalog, answer_id)
    form = format_of(suffix)
    if form is None:
        return f"{body}\n".encode()
    answer = load(body)
    return written(answer, form, digests_of(catalog, answer))


def _suffix(file: Path | None, otherwise: str) -> str:
    from ui.exporting import FORMATS, format_of

    if file is None:
        return otherwise
    suffix = file.suffix.removeprefix(".").lower()
    if suffix != _JSON and format_of(suffix) is None:
        known = ", ".join(f".{form.suffix}" for form in FORMATS)
        raise UsedWronglyError(f"FILE is {str(file)!r}; give it a name that ends in {known} or .{_JSON}")
    return suffix
