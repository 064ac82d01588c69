"""The sentences of an answer as they are shown: each with the footnotes that stand behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rag.answers import Answer, Citation, Verdict


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """A sentence of the answer with the footnotes that stand behind it."""

    text: str
    citations: tuple[Citation, ...]
    verdict: Verdict

    @property
    def sources(self) -> tuple[tuple[int, int], ...]:
        """The cited documents and their versions, each once, in the order of the footnotes."""
        return tuple(dict.fromkeys((cited.document_id, cited.version) for cited in self.citations))

    @property
    def row_of(self) -> str | None:
        """Where the sentence is a table's row, the table's caption and headings; else None."""
        return next((cited.headings for cited in self.citations if self.repeats(cited)), None)

    def repeats(self, cited: Citation) -> bool:
        """Whether the sentence is the quoted words themselves."""
        return self.text.split() == cited.quote.split()


def of_answer(answer: Answer) -> list[ShownSentence]:
    """The sentences of a whole answer."""
    return [
        ShownSentence(answer.text[sentence.start : sentence.end], answer.cited_by(sentence), sentence.verdict)
        for sentence in answer.sentences
    ]


def arrived(text: str, citations: Sequence[Citation]) -> list[ShownSentence]:
    """The sentences of ``text`` whose footnotes have arrived."""
    return [
        ShownSentence(text[start:end], tuple(cited), verdict)
        for (start, end, verdict), cited in groupby(
            citations,
            key=lambda cited: (cited.answer_start, cited.answer_end, cited.verification.verdict),
        )
    ]
