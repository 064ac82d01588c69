"""The visible content of an exported file, in any format: sentences, footnote marks and footnotes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rag.answers import Verdict
from rag.conversations import Claim, Footnote
from rag.visible_text import visible
from ui.export.exported_answers import HEADINGS, FirstLine
from ui.export.manifest import Manifest
from ui.words import DOUBTS

_SHOWN: Mapping[str, Verdict] = {
    "(partly supported)": "paraphrased",
    **{words: verdict for verdict, words in DOUBTS.items() if words},
}
"""The verdict for each label. Only files of earlier versions of the program have the first label."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer's text, in reading order.

    Attributes:
        kind: ``text``; ``mark``, a footnote mark; ``aside``, text set apart from the sentences; ``break``,
            the end of a line or paragraph.
        text: the text.
        number: the number of the footnote if the piece is a mark; else 0.
        struck: whether the text is struck through.
    """

    kind: Literal["text", "mark", "aside", "break"]
    text: str = ""
    number: int = 0
    struck: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table in which an answer shows the figures that its sources disagree on.

    Attributes:
        about: the caption of the table, which names the subject of the figures.
        value: the figure.
        source: the title of the document that states the figure.
        date: the date of the document.
        footnote: the number of the footnote that should contain the figure.
    """

    about: str
    value: str
    source: str
    date: str
    footnote: int


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """An answer that was read from a file, without its footnotes.

    Attributes:
        question: the question, which is the heading of the answer.
        abstention: why the library had no answer; empty if it had one.
        claims: the sentences of the answer.
        rows: the rows of the tables in which the answer shows the figures that its sources disagree on.
        first_line: the line with the value in bold; None without such a line.
    """

    question: str
    abstention: str
    claims: tuple[Claim, ...]
    rows: tuple[Row, ...]
    first_line: FirstLine | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """The visible content of an exported file, which contains a conversation or one answer.

    Attributes:
        name: the title of the conversation; None if the file contains no conversation.
        answers: the answers, in order.
        footnotes: the footnotes of all answers.
        manifest: the data for programs; None for JSON, which has no manifest.
    """

    name: str | None
    answers: tuple[ReadAnswer, ...]
    footnotes: tuple[Footnote, ...]
    manifest: Manifest | None

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The sentences of all answers."""
        return tuple(claim for answer in self.answers for claim in answer.claims)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows, from all answers, of the tables with the figures that sources disagree on."""
        return tuple(row for answer in self.answers for row in answer.rows)


@dataclass(slots=True)
class Gathered:
    """A :class:`ReadAnswer` under construction, with its text in pieces."""

    question: str = ""
    abstention: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    first_line: FirstLine | None = None

    @property
    def has_text(self) -> bool:
        """Whether any text of the answer was read."""
        return any(piece.text.strip() or piece.kind == "mark" for piece in self.pieces)

    def whole(self, before: Sequence[Piece] = ()) -> ReadAnswer:
        """Return the finished answer, with its pieces joined into sentences.

        Args:
            before: pieces of the file that belong to no answer; they become the start of this answer.
        """
        reason = visible(" ".join(self.abstention))
        claims = claims_of([*before, Piece("break"), *self.pieces])
        return ReadAnswer(visible(self.question), reason, claims, tuple(self.rows), self.first_line)


def whole_answers(parts: Sequence[Gathered], outside: Sequence[Piece]) -> tuple[ReadAnswer, ...]:
    """Finish the answers of a file. If there are none, return one empty answer.

    Args:
        parts: the answers, in order.
        outside: text outside all answers. The first answer gets it, so that no visible text goes unchecked.
    """
    first, *others = parts or [Gathered()]
    return (first.whole(outside), *(part.whole() for part in others))


def claims_of(pieces: Iterable[Piece]) -> tuple[Claim, ...]:
    """Split the pieces of an answer into sentences.

    A sentence ends after its footnote marks, at the end of the line, and at the start or end of
    struck-through text. An aside (text set apart) counts as text unless it is the label of a verdict, so that
    no visible text goes unchecked.
    """
    builder = _SentenceBuilder()
    for piece in pieces:
        builder.add(piece)
    return tuple(builder.finish())


class _SentenceBuilder:
    """Collects the pieces of an answer's text into sentences."""

    def __init__(self) -> None:
        self._claims: list[Claim] = []
        self._text = ""
        self._struck = False
        self._marks: list[int] = []
        self._shown: Verdict = "supported"

    def add(self, piece: Piece) -> None:
        """Add the next piece of the text, which may end a sentence."""
        words = visible(piece.text)
        if piece.kind == "break":
            self._end()
        elif piece.kind == "mark":
            self._marks.append(piece.number)
        elif piece.kind == "aside" and words in _SHOWN:
            self._shown = _SHOWN[words]
        elif words:
            if self._marks or self._shown != "supported" or piece.struck != self._struck:
                self._end()
            self._struck = piece.struck
            self._text += piece.text
        else:
            self._text += piece.text

    def finish(self) -> Sequence[Claim]:
        """End the sentence in progress, and return all sentences."""
        self._end()
        return self._claims

    def _end(self) -> None:
        words = visible(self._text)
        if words or self._marks:
            shown: Verdict = "unsupported" if self._struck else self._shown
            self._claims.append(Claim(words, tuple(self._marks), shown))
        self._text, self._struck, self._marks, self._shown = "", False, [], "supported"


def footnote_of(number: int, lines: Sequence[str], manifest: Manifest) -> Footnote:
    """Make a footnote from its lines: the quote, the headings if there are any, and the attribution.

    Args:
        number: the number of the footnote.
        lines: the visible lines of the footnote.
        manifest: the manifest of the file, which tells where the quote is in its document.
    """
    quote, *rest = [visible(line) for line in lines] or [""]
    if quote.startswith("“") and quote.endswith("”"):
        quote = quote[1:-1]
    headings = None
    if rest and rest[0].startswith(HEADINGS):
        headings = rest.pop(0).removeprefix(HEADINGS)
    entry = next((each for each in manifest.footnotes if each.number == number), None)
    attribution = " ".join(rest).removeprefix("— ")
    return Footnote(number, quote, headings, attribution, entry.place if entry else None)
