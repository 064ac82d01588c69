"""An answer → a page of HTML that stands alone: nothing is fetched, nothing runs, and it can be printed.

Words of documents and persons are escaped. What programs need stands in a ``data-`` attribute.
"""

from __future__ import annotations

from html import escape

from ui.exporting.sheet import (
    ABOUT,
    COLUMNS,
    DIFFERENCES,
    FOOTNOTES,
    HEADINGS,
    NO_ANSWER,
    REMARKS,
    Difference,
    Note,
    Sentence,
    Sheet,
)
from ui.naming import DOUBTS

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a page may load: nothing but its own style."""

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.0625rem/1.6 Georgia, 'Times New Roman', serif; max-width: 42rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.3; }
h2 { font-size: 1.125rem; margin-top: 2rem; }
s { opacity: .75; }
sup { line-height: 0; }
sup a { text-decoration: none; padding: 0 .1em; }
.doubt { font-style: italic; }
.quote { quotes: none; }
.headings, .attribution { display: block; }
.notes li { margin-bottom: .75rem; }
.notes, .about, .remarks, table { font-size: .9375rem; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; }
th { box-sizing: border-box; }
th:first-child { width: 20%; }
th:nth-child(3) { width: 27%; }
th:last-child { width: 5.25rem; }
caption { text-align: start; padding: .25rem 0; }
th, td { border-bottom: 1px solid; padding: .25rem .5rem .25rem 0; text-align: start; vertical-align: top; }
dt { font-weight: bold; }
dd { margin: 0 0 .25rem; }
:target { outline: 2px solid; outline-offset: 2px; }
@media print { body { margin: 0; max-width: none; } li, tr { break-inside: avoid; }
  a { color: inherit; } }
""".strip()

BACK = "↩"
"""What leads from a footnote back to its mark."""


def write_html(sheet: Sheet) -> bytes:
    """A sheet as a page."""
    parts = [f'<h1 dir="auto">{escape(sheet.question)}</h1>']
    if sheet.abstention is not None:
        parts.append(_section("no-answer", NO_ANSWER, f'<p dir="auto">{escape(sheet.abstention)}</p>'))
    seen: dict[int, int] = {}
    paragraphs = [" ".join(_sentence(each, seen) for each in paragraph) for paragraph in sheet.paragraphs]
    if paragraphs:
        body = "\n".join(f'<p dir="auto">{paragraph}</p>' for paragraph in paragraphs)
        parts.append(f'<section class="answer">\n{body}\n</section>')
    if sheet.remarks:
        lines = "".join(f'<li dir="auto">{escape(line)}</li>\n' for line in sheet.remarks)
        parts.append(_section("remarks", REMARKS, f"<ul>\n{lines}</ul>"))
    if sheet.differences:
        parts.append(_section("differences", DIFFERENCES, "\n".join(map(_difference, sheet.differences))))
    if sheet.notes:
        lines = "".join(_note(note, seen.get(note.number, 0)) for note in sheet.notes)
        parts.append(_section("notes", FOOTNOTES, f"<ol>\n{lines}</ol>"))
    facts = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>\n" for name, value in sheet.colophon)
    parts.append(_section("about", ABOUT, f"<dl>\n{facts}</dl>"))
    return _page(sheet, "\n".join(parts)).encode()


def _page(sheet: Sheet, body: str) -> str:
    manifest = escape(sheet.manifest.to_json())
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(sheet.question)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n"
        f'<main data-footnoted="{manifest}">\n{body}\n</main>\n</body>\n</html>\n'
    )


def _section(name: str, heading: str, content: str) -> str:
    return f'<section class="{name}">\n<h2>{heading}</h2>\n{content}\n</section>'


def _sentence(sentence: Sentence, seen: dict[int, int]) -> str:
    words = escape(sentence.text)
    if sentence.verdict == "unsupported":
        words = f"<s>{words}</s>"
    doubt = DOUBTS[sentence.verdict]
    after = f' <span class="doubt">{doubt}</span>' if doubt else ""
    marks = "".join(_mark(each, seen) for each in sentence.footnotes)
    return f'<span class="sentence">{words}{marks}{after}</span>'


def _mark(number: int, seen: dict[int, int]) -> str:
    """A footnote's mark, which the footnote leads back to: each time it is cited has a place of its own."""
    seen[number] = seen.get(number, 0) + 1
    place = f"mark-{number}-{seen[number]}"
    return f'<sup><a href="#note-{number}" id="{place}" aria-label="Footnote {number}">{number}</a></sup>'


def _note(note: Note, times: int) -> str:
    headings = (
        f'<span class="headings" dir="auto">{HEADINGS}{escape(note.headings)}</span>'
        if note.headings is not None
        else ""
    )
    back = "".join(
        f' <a class="back" href="#mark-{note.number}-{time}" aria-label="Back to the sentence">{BACK}</a>'
        for time in range(1, times + 1)
    )
    return (
        f'<li id="note-{note.number}" value="{note.number}">'
        f'<q class="quote" dir="auto">“{escape(note.quote)}”</q>{headings} '
        f'<span class="attribution" dir="auto">— {escape(note.attribution)}</span>{back}</li>\n'
    )


def _difference(difference: Difference) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    rows = "".join(map(_row, difference.rows))
    return (
        f'<table>\n<caption dir="auto">{escape(difference.about)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"
    )


def _row(row: tuple[str, str, str, int]) -> str:
    *words, number = row
    cells = "".join(f'<td dir="auto">{escape(str(cell))}</td>' for cell in words)
    return f'<tr>{cells}<td><a href="#note-{number}">{number}</a></td></tr>\n'
