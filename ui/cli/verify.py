"""The command ``verify``: check exported answers against the library.

Only the check of sentences that do not repeat their quotes needs a model, the judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.visible_text import visible
from ui.cli import printing
from ui.cli.options import AsJson, Home, settings_of
from ui.errors import FAILED, UsedWronglyError
from ui.opening import open_catalog, open_configured_judge

if TYPE_CHECKING:
    from index.catalog import Catalog
    from rag.conversations import Checked
    from rag.verification import Judge
    from ui.export import Exported
    from ui.export.exported_answers import Sheet

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
