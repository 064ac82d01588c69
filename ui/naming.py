"""What a source and a verdict are called, in plain words: the same wherever they are shown."""

from __future__ import annotations

from collections.abc import Mapping

from rag.answers import Verdict
from ui.dates import date_words

VERDICTS: Mapping[Verdict, str] = {
    "supported": "",
    "partial": "partly supported",
    "unsupported": "not supported",
}
"""What a sentence of each verdict is called, where its footnotes do not carry it."""

DOUBTS: Mapping[Verdict, str] = {verdict: f"({said})" if said else "" for verdict, said in VERDICTS.items()}
"""The same, as it stands behind the sentence in plain text."""

RECOGNISED = "words recognised in a picture of the page"
"""Said of a source whose words may have been read wrongly."""

UNDATED = "undated"
"""What stands for the date of a source without one."""


def dated(published: str | None) -> str:
    """The date of a source, or that it has none."""
    return date_words(published) or UNDATED


def source_facts(
    publisher: str | None, author: str | None, published: str | None, *pages: int | None
) -> list[str]:
    """Who issued a source, when, and the pages: what there is of it, to stand behind its title.

    A commission's report names the commission as its author and nobody as its publisher.
    """
    numbers = [str(page) for page in pages if page is not None]
    paged = f"page{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}" if numbers else None
    return [fact for fact in (publisher or author, date_words(published), paged) if fact]
