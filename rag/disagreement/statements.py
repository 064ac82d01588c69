"""The statements of a citation, which quotes a sentence or a row of a table."""

from __future__ import annotations

from collections.abc import Iterator

from index.documents import Span
from rag.answers import Citation
from rag.disagreement.statement_words import limits_of
from rag.disagreement.stating import Sentence, Statement, held, subject
from rag.figures.quantities import quantities


def statements(citation: Citation, language: str) -> list[Statement]:
    """Return a statement for each figure of the quote whose counted things are clear, in order."""
    if citation.headings and "|" in citation.headings:
        return list(_of_row(citation, language))
    if "|" in citation.quote:
        # A row without its headings does not tell what its figures count.
        return []
    return list(Sentence(citation, citation.quote, language).read())


def _of_row(citation: Citation, language: str) -> Iterator[Statement]:
    """Yield a statement for each cell that holds exactly one figure, under a heading of its own."""
    *caption, columns = (line for line in (citation.headings or "").splitlines() if line.strip())
    names = [name.strip() for name in columns.split("|")]
    cells = [cell.strip() for cell in citation.quote.split("|")]
    if len(names) != len(cells) or not cells[0] or quantities(cells[0], language):
        return
    for name, cell in zip(names[1:], cells[1:], strict=True):
        found = quantities(cell, language)
        if len(found) != 1 or found[0].written.strip() != cell or not name:
            continue
        words = Sentence(citation, " ".join([*caption, name, cells[0]]), language)
        whole = Span(0, len(words.text))
        said = words.all_terms()
        if words.found or not said:
            continue
        yield Statement(
            citation, found[0], cell, f"{cells[0]}, {name}", said, said, said, frozenset(words.names(whole)),
            held(citation), subject(citation, language), frozenset(limits_of(words.text)),
            words.when(whole, []), (), (), (cells[0].casefold(), name.casefold()),
        )  # fmt: skip
