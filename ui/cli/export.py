"""The command ``export``: write a stored answer or conversation to a file."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli import printing
from ui.cli.options import AsJson, Home, settings_of
from ui.errors import NotThereError, UsedWronglyError
from ui.opening import open_catalog
from ui.syntax import CONVERSATION_ID

if TYPE_CHECKING:
    from index.catalog import Catalog

_JSON = "json"


def export(
    exported_id: Annotated[
        str,
        typer.Argument(metavar="ID", help="The answer_id that `ask --json` prints, or its conversation_id."),
    ],
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="A new .md, .html, .docx or .json file (default: print Markdown)."
        ),
    ] = None,
    *,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write an answer or a conversation with its footnotes to a file, which `verify` can check."""
    if re.fullmatch(CONVERSATION_ID, exported_id) is None:
        raise UsedWronglyError(
            f"ID is {exported_id!r}; give the answer_id or the conversation_id that "
            "`footnoted ask --json` prints"
        )
    suffix = _suffix(file, default=_JSON if as_json else "md")
    if file is not None and file.exists():
        raise UsedWronglyError(f"{file} exists; choose another name, or move it away")
    with open_catalog(settings_of(home=home)) as catalog:
        name, data = exported(catalog, exported_id, suffix)
    if file is None:
        # Write bytes, because the terminal's encoding may lack characters of the report.
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    file.write_bytes(data)
    if as_json:
        printing.print_json({name: exported_id, "file": str(file), "bytes": len(data)})
    else:
        printing.print_line(printing.standard_output(), f"{file}: {len(data):,} bytes")


def exported(catalog: Catalog, exported_id: str, suffix: str) -> tuple[str, bytes]:
    """Export the answer with an id or, if no answer has this id, the conversation with this id.

    Args:
        catalog: the catalog that stores the answers.
        exported_id: the id of an answer or of a conversation.
        suffix: the suffix of the format, without the dot.

    Returns:
        The kind of the id, ``answer_id`` or ``conversation_id``, and the file's content.

    Raises:
        NotThereError: if the library stores neither an answer nor a conversation with the id.
    """
    from rag.errors import AnswerNotFoundError, ConversationNotFoundError

    try:
        return "answer_id", _answer(catalog, exported_id, suffix)
    except AnswerNotFoundError:
        pass
    try:
        return "conversation_id", _conversation(catalog, exported_id, suffix)
    except ConversationNotFoundError as error:
        raise NotThereError(exported_id) from error


def _answer(catalog: Catalog, answer_id: str, suffix: str) -> bytes:
    from rag.conversations import stored_answer, stored_answer_json
    from ui.export import digests_of, format_of
    from ui.export import export as written

    form = format_of(suffix)
    if form is None:
        return f"{stored_answer_json(catalog, answer_id)}\n".encode()
    answer = stored_answer(catalog, answer_id)
    return written(answer, form, digests_of(catalog, answer))


def _conversation(catalog: Catalog, conversation_id: str, suffix: str) -> bytes:
    from rag.conversations import AnswerStore, conversation_json, sound_conversation
    from ui.export import digests_of, export_conversation, format_of

    form = format_of(suffix)
    if form is None:
        return f"{conversation_json(catalog, conversation_id)}\n".encode()
    name = AnswerStore(catalog).find_conversation(conversation_id).name
    answers = sound_conversation(catalog, conversation_id)
    return export_conversation(conversation_id, name, answers, form, digests_of(catalog, *answers))


def _suffix(file: Path | None, default: str) -> str:
    from ui.export import FORMATS, format_of

    if file is None:
        return default
    suffix = file.suffix.removeprefix(".").lower()
    if suffix != _JSON and format_of(suffix) is None:
        known = ", ".join(f".{form.suffix}" for form in FORMATS)
        raise UsedWronglyError(f"FILE is {str(file)!r}; give it a name that ends in {known} or .{_JSON}")
    return suffix
