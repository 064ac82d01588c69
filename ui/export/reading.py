"""What a reader sees of exported answers: their sentences, marks and quotes, from whatever format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rag.answers import Verdict
from rag.conversations import Claim, Footnote
from rag.wording import visible
from ui.export.manifest import Manifest
from ui.export.sheet import HEADINGS
from ui.words import DOUBTS

_SHOWN: Mapping[str, Verdict] = {words: verdict for verdict, words in DOUBTS.items() if words}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer's text, in the order of reading.

    Attributes:
        kind: ``text``; ``mark``, of a footnote; ``aside``, words that are set apart from the sentences;
            ``break``, where a line or a paragraph ends.
        text: the words.
        number: the footnote's.
        struck: whether it is struck out.
    """

    kind: Literal["text", "mark", "aside", "break"]
    text: str = ""
    number: int = 0
    struck: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table of different figures.

    Attributes:
        about: what stands above the table: what the figures are of.
        value: the figure.
        source: the title of its document.
        date: the document's.
        footnote: the number of the footnote that is said to have it.
    """

    about: str
    value: str
    source: str
    date: str
    footnote: int


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """An answer as it is read, without its footnotes.

    Attributes:
        question: its heading.
        abstention: why there is no answer; empty where there is one.
        claims: its sentences.
        rows: what it says under *Different figures*.
    """

    question: str
    abstention: str
    claims: tuple[Claim, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """An exported file as it is read.

    Attributes:
        name: what heads a conversation; None for an answer by itself.
        answers: its answers; one, unless it is a conversation.
        footnotes: the footnotes of all of them, by number.
        manifest: what it carries for programs; None for JSON, which has no such part.
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
        """What all of them say under *Different figures*."""
        return tuple(row for answer in self.answers for row in answer.rows)


@dataclass(slots=True)
class Gathered:
    """What was read of an answer so far; as in :class:`ReadAnswer`, its text in pieces."""

    question: str = ""
    abstention: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def whole(self, before: Sequence[Piece] = ()) -> ReadAnswer:
        """The answer, at the end; ``before`` is what was read outside of all answers."""
        reason = visible(" ".join(self.abstention))
        claims = claims_of([*before, Piece("break"), *self.pieces])
        return ReadAnswer(visible(self.question), reason, claims, tuple(self.rows))


def whole_answers(parts: Sequence[Gathered], outside: Sequence[Piece]) -> tuple[ReadAnswer, ...]:
    """The answers of a file. What stands outside of all of them counts as said by the first."""
    first, *others = parts or [Gathered()]
    return (first.whole(outside), *(part.whole() for part in others))


def claims_of(pieces: Iterable[Piece]) -> tuple[Claim, ...]:
    """Sentences: words up to their marks, to the end of the line, or to where striking out begins or ends.

    An aside that is none of ``DOUBTS`` is text like any other: nothing that is read goes unchecked.
    """
    reading = _Reading()
    for piece in pieces:
        reading.take(piece)
    return tuple(reading.finished())


class _Reading:
    """The sentences that are whole, and the one that is being read."""

    def __init__(self) -> None:
        self._claims: list[Claim] = []
        self._text = ""
        self._struck = False
        self._marks: list[int] = []
        self._shown: Verdict = "supported"

    def take(self, piece: Piece) -> None:
        """Read on."""
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

    def finished(self) -> Sequence[Claim]:
        """All sentences, at the end."""
        self._end()
        return self._claims

    def _end(self) -> None:
        words = visible(self._text)
        if words or self._marks:
            shown: Verdict = "unsupported" if self._struck else self._shown
            self._claims.append(Claim(words, tuple(self._marks), shown))
        self._text, self._struck, self._marks, self._shown = "", False, [], "supported"


def footnote_of(number: int, lines: Sequence[str], manifest: Manifest) -> Footnote:
    """A footnote of the lines that are read in it: the quote, perhaps headings, and the attribution.

    Args:
        number: its number.
        lines: its lines.
        manifest: says where its words stand.
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
