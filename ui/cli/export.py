"""The command ``export``: write a stored answer or conversation to a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
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
    from rag.conversations import Checked
    from rag.verification import Judge
    from ui.export import Exported
    from ui.export.exported_answers import Sheet

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


MAX_BYTES = 16 * 1024 * 1024
"""The maximum size of an exported file, in bytes."""

EXCERPT_CHARACTERS = 60
"""The maximum number of characters of a sentence or quote in a line of the result."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of checking an exported answer or conversation.

    Attributes:
        file: the path of the file.
        sentences: the result for each sentence.
        footnotes: the result for each footnote.
        problems: problems of the file as a whole, one line each.
        answers: the number of answers of a conversation; None for a single answer.
    """

    file: str
    sentences: tuple[Checked, ...]
    footnotes: tuple[Checked, ...]
    problems: tuple[str, ...]
    answers: int | None = None

    @property
    def holds(self) -> bool:
        """Return whether the file, its sentences and its footnotes are all without a problem."""
        return not self.problems and all(each.holds for each in (*self.sentences, *self.footnotes))

    def as_dict(self) -> dict[str, Any]:
        """Return the result as a dictionary for JSON."""
        return {
            "file": self.file,
            "holds": self.holds,
            "answers": 1 if self.answers is None else self.answers,
            "problems": list(self.problems),
            "sentences": [_fields(each, "text") for each in self.sentences],
            "footnotes": [_fields(each, "quote") for each in self.footnotes],
        }


def verify(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="An answer or a conversation that `footnoted export` wrote, or its JSON."
        ),
    ],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Check the quotes of an exported answer against the library, and its sentences against the quotes."""
    settings = settings_of(home=home)
    with ExitStack() as opened, open_catalog(settings) as catalog:
        verified = verify_file(catalog, file, lambda: opened.enter_context(open_configured_judge(settings)))
    if as_json:
        printing.print_json(verified.as_dict())
    else:
        _print(verified)
    if not verified.holds:
        raise typer.Exit(FAILED)


def verify_file(catalog: Catalog, file: Path, judge: Callable[[], Judge | None] | None = None) -> Verified:
    """Check the sentences and the footnotes that an exported answer or conversation shows.

    Args:
        catalog: the library's catalog.
        file: the exported file.
        judge: opens the judge, the model that checks sentences that do not repeat their quotes; None to
            check without a judge.

    Raises:
        UsedWronglyError: if the file cannot be read, is too large, or is not an exported answer.
    """
    from rag.conversations import recheck
    from ui.export import NotExportedError, facts, read_export

    try:
        exported = read_export(_content(file), file)
    except NotExportedError as error:
        raise UsedWronglyError(f"{file} is not an exported answer: {error}") from error
    sentences, footnotes = recheck(catalog, exported.claims, exported.footnotes, facts, judge)
    answers = None if exported.name is None else len(exported.answers)
    return Verified(str(file), sentences, footnotes, tuple(_problems(catalog, exported)), answers)


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UsedWronglyError(f"{file} is too large for an exported answer; give an exported file")
        return file.read_bytes()
    except OSError as error:
        cause = error.strerror or str(error)
        raise UsedWronglyError(
            f"{file} cannot be read: {cause}; check its path and its permissions"
        ) from error


def _problems(catalog: Catalog, exported: Exported) -> Iterator[str]:
    """Yield the problems that concern the file or a whole answer, not a single sentence or footnote."""
    from ui.export.comparison import check_footnotes, check_kept, check_manifest

    with catalog.reading() as reader:
        yield from check_footnotes(reader, exported)
    manifest = exported.manifest
    if manifest is None:
        return
    yield from check_manifest(exported, manifest)
    yield from check_kept(exported, [_kept_sheet(catalog, made.answer_id) for made in manifest.answers])


def _kept_sheet(catalog: Catalog, answer_id: str) -> Sheet | None:
    from rag.conversations import stored_answer
    from rag.errors import AnswerNotFoundError
    from ui.export.exported_answers import lay_out

    try:
        return lay_out(stored_answer(catalog, answer_id), {})
    except AnswerNotFoundError:
        return None


def _fields(checked: Checked, words: str) -> dict[str, Any]:
    return {
        "number": checked.number,
        words: checked.words,
        "holds": checked.holds,
        "problems": list(checked.problems),
        "remarks": list(checked.remarks),
    }


def _print(verified: Verified) -> None:
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
    printing.print_line(console, visible(_summary(verified)))


def _summary(verified: Verified) -> str:
    if not (verified.sentences or verified.footnotes or verified.problems):
        return f"{verified.file}: it has no sentence or footnote to check"
    counts = _counted({"sentence": len(verified.sentences), "footnote": len(verified.footnotes)})
    if verified.answers is not None:
        counts = f"{_counted({'answer': verified.answers})}, {counts}"
    wrong = sum(not each.holds for each in (*verified.sentences, *verified.footnotes))
    wrong += len(verified.problems)
    how = "all hold" if not wrong else f"{wrong} do not hold" if wrong > 1 else "1 does not hold"
    return f"{verified.file}: {counts}: {how}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items())


def _excerpt(words: str) -> str:
    return words if len(words) <= EXCERPT_CHARACTERS else f"{words[:EXCERPT_CHARACTERS].rstrip()}…"
