"""The commands ``export`` and ``verify``: write a kept answer or conversation to a file, and check it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.visible_text import visible
from ui.cli import printing
from ui.cli.options import AsJson, Home, settings_of
from ui.errors import FAILED, NotThereError, UsedWronglyError
from ui.opening import open_catalog, open_configured_judge
from ui.words import CONVERSATION_ID

if TYPE_CHECKING:
    from index.catalog import Catalog
    from ui.export.verification import Checked, Verified

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
    """Write an answer or a conversation with its footnotes to a file; `verify` can check its JSON."""
    from ui.export import FORMATS, format_of

    if re.fullmatch(CONVERSATION_ID, exported_id) is None:
        raise UsedWronglyError(
            f"ID is {exported_id!r}; give the answer_id or the conversation_id that "
            "`footnoted ask --json` prints"
        )
    suffix = _JSON if as_json else "md"
    if file is not None:
        suffix = file.suffix.removeprefix(".").lower()
        if suffix != _JSON and format_of(suffix) is None:
            known = ", ".join(f".{form.suffix}" for form in FORMATS)
            raise UsedWronglyError(f"FILE is {str(file)!r}; give it a name that ends in {known} or .{_JSON}")
        if file.exists():
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
    """Also return ``answer_id`` or ``conversation_id``. Raises NotThereError if the id is neither."""
    from rag import conversations
    from rag.errors import AnswerNotFoundError, ConversationNotFoundError
    from ui.export import format_of, lay_out, lay_out_conversation

    form = format_of(suffix)
    try:
        if form is None:
            return "answer_id", f"{conversations.stored_answer_json(catalog, exported_id)}\n".encode()
        return "answer_id", form.write(lay_out(conversations.stored_answer(catalog, exported_id)))
    except AnswerNotFoundError:
        pass
    try:
        if form is None:
            return "conversation_id", f"{conversations.conversation_json(catalog, exported_id)}\n".encode()
        name = conversations.AnswerStore(catalog).find_conversation(exported_id).name
        answers = conversations.sound_conversation(catalog, exported_id)
        return "conversation_id", form.write(lay_out_conversation(name, answers))
    except ConversationNotFoundError as error:
        raise NotThereError(exported_id) from error


MAX_BYTES = 16 * 1024 * 1024

EXCERPT_CHARACTERS = 60


def verify(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A .json file of an answer or a conversation that `footnoted export` wrote.",
        ),
    ],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Check the quotes of an exported answer against the library, and its sentences against the quotes."""
    from rag.errors import AnswerFormError
    from ui.export.verification import verify_json

    settings = settings_of(home=home)
    with ExitStack() as opened, open_catalog(settings) as catalog:
        data = _content(file)
        try:
            verified = verify_json(
                catalog, data, lambda: opened.enter_context(open_configured_judge(settings))
            )
        except AnswerFormError as error:
            raise UsedWronglyError(
                f"{file} is {error}; give a .json file that `footnoted export` wrote"
            ) from error
    if as_json:
        printing.print_json(
            {
                "file": str(file),
                "holds": verified.holds,
                "answers": 1 if verified.answers is None else verified.answers,
                "problems": list(verified.problems),
                "sentences": [_fields(each, "text") for each in verified.sentences],
                "footnotes": [_fields(each, "quote") for each in verified.footnotes],
            }
        )
    else:
        _print(file, verified)
    if not verified.holds:
        raise typer.Exit(FAILED)


def _content(file: Path) -> bytes:
    if file.suffix.lower() != f".{_JSON}":
        raise UsedWronglyError(
            f"{file} cannot be verified, since only JSON has all that is checked; verify what "
            f"`footnoted export ID {file.with_suffix('.json').name}` writes"
        )
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UsedWronglyError(f"{file} is too large for an exported answer; give an exported file")
        return file.read_bytes()
    except OSError as error:
        cause = error.strerror or str(error)
        raise UsedWronglyError(
            f"{file} cannot be read: {cause}; check its path and its permissions"
        ) from error


def _fields(checked: Checked, words: str) -> dict[str, Any]:
    return {
        "number": checked.number,
        words: checked.words,
        "holds": checked.holds,
        "problems": list(checked.problems),
        "remarks": list(checked.remarks),
    }


def _print(file: Path, verified: Verified) -> None:
    console = printing.standard_output()
    for name, checks in {"Sentence": verified.sentences, "Footnote": verified.footnotes}.items():
        for checked in checks:
            findings = "; ".join((*checked.problems, *checked.remarks))
            outcome = "holds" if checked.holds else "does not hold"
            line = f"{name} {checked.number} {outcome}: “{_excerpt(checked.words)}”"
            printing.print_line(console, visible(f"{line}: {findings}" if findings else line))
    whole = "The answer" if verified.answers is None else "The conversation"
    for problem in verified.problems:
        printing.print_line(console, visible(f"{whole}: {problem}"))
    printing.print_line(console, visible(f"{file}: {_summary(verified)}"))


def _summary(verified: Verified) -> str:
    if not (verified.sentences or verified.footnotes or verified.problems):
        return "it has no sentence or footnote to check"
    counts = _counted({"sentence": len(verified.sentences), "footnote": len(verified.footnotes)})
    if verified.answers is not None:
        counts = f"{_counted({'answer': verified.answers})}, {counts}"
    wrong = sum(not each.holds for each in (*verified.sentences, *verified.footnotes))
    wrong += len(verified.problems)
    how = "all hold" if not wrong else f"{wrong} do not hold" if wrong > 1 else "1 does not hold"
    return f"{counts}: {how}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items())


def _excerpt(words: str) -> str:
    return words if len(words) <= EXCERPT_CHARACTERS else f"{words[:EXCERPT_CHARACTERS].rstrip()}…"
