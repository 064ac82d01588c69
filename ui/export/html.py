"""Writes exported answers as an HTML page that fetches nothing and runs no script. All text is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from ui.export import exported_answers as sheets
from ui.words import DOUBTS

POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.0625rem/1.6 Georgia, 'Times New Roman', serif; max-width: 42rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.3; }
h2 { font-size: 1.125rem; margin-top: 2rem; }
s { opacity: .75; }
sup { line-height: 0; }
sup a { text-decoration: none; padding: 0 .1em; }
.first-line strong { font-size: 1.375rem; }
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

_STYLE_OF_SEVERAL = """
article { border-top: 1px solid; margin-top: 2.5rem; }
article h2 { font-size: 1.3125rem; line-height: 1.3; }
h3 { font-size: 1.0625rem; margin: 1.5rem 0 .5rem; }
article .about { font-size: .8125rem; }
article .about h3 { font-size: .875rem; }
article dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); column-gap: 1rem; margin: 0; }
@media print { h2, h3 { break-after: avoid; } }
""".strip()


def write_html(sheet: sheets.Sheet) -> bytes:
    seen: dict[int, int] = {}
    if sheet.name is None:
        [part] = sheet.parts
        return _page(sheet, [*_answer(part, seen, 1), *_notes(sheet.notes, seen), _about(part, 2)], _STYLE)
    parts = [_heading(sheet.name, 1)]
    for part in sheet.parts:
        body = "\n".join([*_answer(part, seen, 2), _about(part, 3)])
        parts.append(f'<article class="exchange">\n{body}\n</article>')
    return _page(sheet, [*parts, *_notes(sheet.notes, seen)], f"{_STYLE}\n{_STYLE_OF_SEVERAL}")


def _page(sheet: sheets.Sheet, parts: Sequence[str], style: str) -> bytes:
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(sheet.title)}</title>\n<style>\n{style}\n</style>\n</head>\n<body>\n"
        f"<main>\n{body}\n</main>\n</body>\n</html>\n"
    ).encode()


def _answer(part: sheets.Part, seen: dict[int, int], level: int) -> Iterator[str]:
    yield _heading(part.question, level)
    if part.abstention is not None:
        reason = f'<p dir="auto">{escape(part.abstention)}</p>'
        yield _section("no-answer", sheets.NO_ANSWER, reason, level + 1)
    if part.missing is not None:
        yield f'<p class="missing" dir="auto"><em>{escape(part.missing)}</em></p>'
    if part.first_line is not None:
        value, details = escape(part.first_line.value), escape(part.first_line.details)
        yield f'<p class="first-line" dir="auto"><strong>{value}</strong> {details}</p>'
    if part.paragraphs:
        paragraphs = [" ".join(_sentence(each, seen) for each in paragraph) for paragraph in part.paragraphs]
        body = "\n".join(f'<p dir="auto">{paragraph}</p>' for paragraph in paragraphs)
        yield f'<section class="answer">\n{body}\n</section>'
    if part.remarks:
        lines = "".join(f'<li dir="auto">{escape(line)}</li>\n' for line in part.remarks)
        yield _section("remarks", sheets.REMARKS, f"<ul>\n{lines}</ul>", level + 1)
    if part.differences:
        tables = "\n".join(map(_difference, part.differences))
        yield _section("differences", sheets.DIFFERENCES, tables, level + 1)


def _notes(notes: Sequence[sheets.Note], seen: dict[int, int]) -> Iterator[str]:
    if notes:
        lines = "".join(_note(note, seen.get(note.number, 0)) for note in notes)
        yield _section("notes", sheets.FOOTNOTES, f"<ol>\n{lines}</ol>", 2)


def _about(part: sheets.Part, level: int) -> str:
    facts = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>\n" for name, value in part.colophon)
    return _section("about", sheets.ABOUT, f"<dl>\n{facts}</dl>", level)


def _heading(words: str, level: int) -> str:
    return f'<h{level} dir="auto">{escape(words)}</h{level}>'


def _section(name: str, heading: str, content: str, level: int) -> str:
    return f'<section class="{name}">\n<h{level}>{heading}</h{level}>\n{content}\n</section>'


def _sentence(sentence: sheets.Sentence, seen: dict[int, int]) -> str:
    words = escape(sentence.words)
    if sentence.verdict == "unsupported":
        words = f"<s>{words}</s>"
    doubt = DOUBTS[sentence.verdict]
    after = f' <span class="doubt">{doubt}</span>' if doubt else ""
    marks = "".join(_mark(each, seen) for each in sentence.footnotes)
    return f'<span class="sentence">{words}{marks}{after}</span>'


def _mark(number: int, seen: dict[int, int]) -> str:
    """Return a footnote mark with its own id, so that the footnote can link back to each of its marks."""
    seen[number] = seen.get(number, 0) + 1
    place = f"mark-{number}-{seen[number]}"
    return f'<sup><a href="#note-{number}" id="{place}" aria-label="Footnote {number}">{number}</a></sup>'


def _note(note: sheets.Note, times: int) -> str:
    headings = ""
    if note.headings is not None:
        headings = f'<span class="headings" dir="auto">{sheets.HEADINGS}{escape(note.headings)}</span>'
    back = "".join(
        f' <a class="back" href="#mark-{note.number}-{time}" aria-label="Back to the sentence">↩</a>'
        for time in range(1, times + 1)
    )
    return (
        f'<li id="note-{note.number}" value="{note.number}">'
        f'<q class="quote" dir="auto">{escape(note.words)}</q>{headings} '
        f'<span class="attribution" dir="auto">— {escape(note.attribution)}</span>{back}</li>\n'
    )


def _difference(difference: sheets.Difference) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in sheets.COLUMNS)
    rows = "".join(map(_row, difference.rows))
    return (
        f'<table>\n<caption dir="auto">{escape(difference.about)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"
    )


def _row(row: tuple[str, str, str, int]) -> str:
    *words, number = row
    cells = "".join(f'<td dir="auto">{escape(str(cell))}</td>' for cell in words)
    return f'<tr>{cells}<td><a href="#note-{number}">{number}</a></td></tr>\n'
