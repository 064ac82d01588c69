"""The markup of cited table rows, cut from the canonical text to which the offsets of citations refer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import category

from babel.dates import format_date, format_skeleton

from index.text import PATH_SEPARATOR, cells, is_row, label_cells
from rag.answers import Citation, Copy, Passage
from rag.visible_text import legible
from ui.page.head import ENGLISH, Locale
from ui.words import date_words, first_day, page_words


def escape(text: str) -> str:
    """Return ``text`` escaped for Markdown and HTML; control characters become U+FFFD."""
    return "".join(map(_escape_character, text))


def quoted_markup(text: str) -> str:
    return escape(legible(text))


def _escape_character(character: str) -> str:
    if category(character) == "Cc" and character not in "\t\n\r":
        return "\N{REPLACEMENT CHARACTER}"
    if character.isalnum() or character == " " or not character.isascii():
        return character
    return f"&#{ord(character)};"


# A placeholder for markup: private-use characters, which no string of the interface contains.
_PART = re.compile("\ue000(\\w+)\ue001")


def string_markup(locale: Locale, key: str, count: int | None = None, **parts: str) -> str:
    """Return a string of the interface as markup: its words escaped, ``parts`` inserted as they are."""
    values: dict[str, str | int] = {name: f"\ue000{name}\ue001" for name in parts}
    if count is not None:
        values["count"] = count
    pieces = _PART.split(locale.text(key, **values))
    return "".join(parts[piece] if place % 2 else escape(piece) for place, piece in enumerate(pieces))


def source_date(locale: Locale, published: str | None) -> str:
    """Return the date of a source in the reader's language, or the word for "undated", as plain text."""
    return localized_date(locale, published) or locale.text("facts.undated")


def localized_date(locale: Locale, published: str | None) -> str | None:
    """Return an ISO date in words of the reader's language, as plain text; return other values unchanged."""
    day = first_day(published)
    if day is None or published is None or locale.language == ENGLISH:
        return date_words(published)
    skeleton = {1: "y", 2: "yMMMM"}.get(len(published.split("-")))
    if skeleton is None:
        return str(format_date(day, "long", locale=locale.language))
    return str(format_skeleton(skeleton, day, locale=locale.language))


# The most letters in the cell of a figure (``USD``, ``bn``, ``kWh``); a cell with more contains words.
MAX_UNIT_LETTERS = 3
_NO_VALUE = frozenset({"", "-", "–", "—", "..", "…", "n/a", "N/A", "none", "None"})


@dataclass(frozen=True, slots=True)
class CitedRow:
    """``notes`` is markup of footnote marks; ``marked`` counts cells from 0; ``heading`` is of that cell."""

    text: str
    notes: str
    marked: int | None = None
    heading: tuple[str, ...] = ()


def cited_row(cited: Citation, notes: str = "") -> CitedRow:
    cell = cited.cell
    if cell is None:
        return CitedRow(cited.quote, notes)
    marked = len(cells(cited.quote[: cell.start - cited.start])) - 1
    is_shown = any(cell.unit.casefold() in words.casefold() for words in (cell.column, cell.value))
    unit = () if is_shown else (cell.unit,)
    return CitedRow(cited.quote, notes, marked, (*filter(None, cell.column.split(PATH_SEPARATOR)), *unit))


def table_markup(headings: str, rows: Sequence[CitedRow]) -> str:
    """Leave out empty columns; the asked cell's column comes first after the rows' labels."""
    lines = [line for line in headings.splitlines() if line.strip()]
    head = [cells(line) for line in lines if is_row(line)]
    body = [cells(row.text) for row in rows]
    width = max(map(len, (*head, *body)))
    for row in (*head, *body):
        row.extend([""] * (width - len(row)))
    spans = [_spans_columns(row, head) for row in head]
    marks = [row.marked for row in rows]
    asked = next((row for row in rows if row.marked), None)
    if asked:
        marks = _put_first(asked, head, spans, body, marks)
    columns = list(zip(*head, *body, strict=True))
    shown = [place for place, column in enumerate(columns) if any(column) or (asked and not place)]
    figures = frozenset(place for place in shown if place and _is_figures(columns[place][len(head) :]))
    first = _asked_heading(asked.heading, len(head), is_figure=1 in figures) if asked else None
    above = "".join(
        _heading_row(row, shown, figures, spans=spanning, asked=first if row is head[0] else first and "")
        for row, spanning in zip(head, spans, strict=True)
    )
    above = f"<thead>{above}</thead>" if above else ""
    below = "".join(
        _body_row(row, each.notes, mark, shown, figures)
        for row, each, mark in zip(body, rows, marks, strict=True)
    )
    caption = _lines([line for line in lines if not is_row(line)])
    caption = f"<caption>{caption}</caption>" if caption else ""
    letters = max(len(row[0]) for row in (*head, *body))
    # Beside labels of a known width, the asked column can stay in view.
    kind = f'fn-table fn-seeks" style="--fn-letters: {letters}' if asked else "fn-table"
    return f'<div class="{kind}"><table>{caption}{above}<tbody>{below}</tbody></table></div>'


def _spans_columns(row: Sequence[str], head: Sequence[Sequence[str]]) -> bool:
    """Return whether each heading spans the columns up to the next; the first column's never does.

    Above the lowest of several rows, each does; in the lowest, one that is alone; in a single row, none.
    """
    return len(head) > 1 and (row is not head[-1] or sum(map(bool, row[1:])) == 1)


def _put_first(
    first: CitedRow,
    head: Sequence[list[str]],
    spans: Sequence[bool],
    body: Sequence[list[str]],
    marks: Sequence[int | None],
) -> list[int | None]:
    """Return the new places of ``marks``. Put after the label, the asked column loses its own headings."""
    label, asked = label_cells(cells(first.text))[-1], first.marked or 0
    labels = min(cells(first.text).index(label) + 1, asked)
    for row, spanning in zip(head, spans, strict=True):
        if spanning and asked + 1 < len(row):
            row[asked + 1] = row[asked + 1] or row[asked]
        row[asked] = ""
    for row in (*head, *body):
        moved = row.pop(asked)
        row[:labels] = [" · ".join(filter(None, row[:labels])), moved]
    return [
        None if mark is None else 1 if mark == asked else mark - labels + 1 + (mark < asked) for mark in marks
    ]


def _lines(lines: Iterable[str]) -> str:
    spans = "".join(f'<span class="fn-line">{quoted_markup(line.strip())}</span> ' for line in lines)
    return spans.rstrip()


def _asked_heading(lines: Sequence[str], rows: int, *, is_figure: bool) -> str:
    tag, kind = "th" if lines else "td", "fn-figure fn-sought" if is_figure else "fn-sought"
    span = f' rowspan="{rows}"' if rows > 1 else ""
    return f'<{tag} class="{kind}"{span}>{_lines(lines)}</{tag}>'


def _heading_row(
    row: Sequence[str], shown: Sequence[int], figures: frozenset[int], *, spans: bool, asked: str | None
) -> str:
    """``asked`` is the asked column's heading, "" if a row above has it, None without such a column."""
    places = [number for number, place in enumerate(shown) if place and row[place]]
    written: list[str] = []
    number = 0
    while number < len(shown):
        following = next((place for place in places if place > number), len(shown))
        width = following - number if spans and number in places else 1
        if number == 1 and asked is not None:
            written.append(asked)
        else:
            written.append(_cell("th", row[shown[number]], shown[number] in figures, width=width))
        number += width
    return f"<tr>{''.join(written)}<td></td></tr>"


def _body_row(
    row: Sequence[str], notes: str, mark: int | None, shown: Sequence[int], figures: frozenset[int]
) -> str:
    # The first cell names the row; the other cells are values.
    written = (
        _cell("td" if place else "th", row[place], place in figures, marked=place == mark) for place in shown
    )
    return f'<tr>{"".join(written)}<td class="fn-notes">{notes}</td></tr>'


def _cell(tag: str, words: str, figure: bool, *, marked: bool = False, width: int = 1) -> str:
    # A screen reader would announce an empty heading.
    tag = tag if words else "td"
    names = " ".join(["fn-figure"] * figure + ["fn-cell"] * marked)
    kind = f' class="{names}"' if names else ""
    span = f' colspan="{width}"' if width > 1 else ""
    shown = f"<mark>{quoted_markup(words)}</mark>" if marked else quoted_markup(words)
    return f"<{tag}{kind}{span}>{shown}</{tag}>"


def _is_figures(column: Sequence[str]) -> bool:
    """Return whether a column has figures, and besides them only what stands for a missing one."""
    values = [cell for cell in column if cell not in _NO_VALUE]
    return bool(values) and all(
        any(map(str.isdecimal, cell)) and sum(map(str.isalpha, cell)) <= MAX_UNIT_LETTERS for cell in values
    )


def source_target(place: Citation | Copy | Passage) -> str:
    cell = place.cell if isinstance(place, Citation) else None
    within = f"-{cell.start}-{cell.end}" if cell else ""
    return f"#cite-{place.document_id}-{place.version}-{place.start}-{place.end}{within}"


def mark_markup(cited: Citation, locale: Locale) -> str:
    number, title = str(cited.id), cited.title
    if cited.page is None:
        label = locale.text("mark.open", number=number, title=title)
    else:
        page = localized_page(cited, locale) or ""
        label = locale.text("mark.openPage", number=number, title=title, page=page)
    return f'<a class="fn-mark" href="{source_target(cited)}" title="{escape(label)}">[{number}]</a>'


def title_link(place: Citation | Passage, name: str = "fn-title") -> str:
    """Return the title of a report, as a link to the words of ``place``; ``name`` is the link's CSS class."""
    return f'<a class="{name}" href="{source_target(place)}">{escape(place.title)}</a>'


def localized_page(place: Citation | Passage, locale: Locale) -> str | None:
    form = locale.text("pages.sheet", label="{label}", sheet="{sheet}")
    return page_words(place.page, place.page_label, form)


def facts_markup(
    place: Citation | Passage, pages: Sequence[str | None], locale: Locale, *, recognised: bool
) -> str:
    """Without a publisher, the author takes its place: a commission's report often names only that."""
    numbers = [page for page in pages if page is not None]
    facts = [place.publisher or place.author, localized_date(locale, place.published)]
    if numbers:
        listed = locale.text("list.comma").join(numbers)
        facts.append(locale.text("facts.pages", count=len(numbers), pages=listed))
    facts += [locale.text("facts.recognised")] if recognised else []
    return "".join(f' <span class="fn-fact">{escape(fact)}</span>' for fact in facts if fact)


def badge_markup(cited: Citation, locale: Locale) -> str:
    """Return a badge if the cited version was superseded before the answer was made; empty otherwise."""
    if cited.superseded_by is None:
        return ""
    words = escape(locale.text("facts.supersededBy", version=str(cited.superseded_by)))
    return f' <span class="fn-badge fn-superseded">{words}</span>'


def by_source(citations: Iterable[Citation]) -> list[list[Citation]]:
    sources: dict[tuple[int, int], list[Citation]] = {}
    for cited in citations:
        sources.setdefault((cited.document_id, cited.version), []).append(cited)
    return list(sources.values())


def source_markup(cited: Sequence[Citation], locale: Locale) -> str:
    ordered = sorted(cited, key=lambda citation: citation.page or 0)
    pages = list(dict.fromkeys(localized_page(citation, locale) for citation in ordered))
    recognised = any(citation.recognised for citation in cited)
    return f"{title_link(cited[0])}{facts_markup(cited[0], pages, locale, recognised=recognised)}"


def strip_markup(citations: Sequence[Citation], locale: Locale) -> str:
    """A single document gets all its facts here, because no line between the sentences names it."""
    sources = by_source(citations)
    if not sources:
        return ""
    items = ""
    for cited in sources:
        date = escape(source_date(locale, cited[0].published))
        source = f'{title_link(cited[0])} <span class="fn-fact">{date}</span>'
        if len(sources) == 1:
            source = source_markup(cited, locale)
        often = escape(locale.text("strip.cited", count=len(cited)))
        items += f'<li class="fn-source">{source} <span class="fn-often">{often}</span>'
        items += f"{badge_markup(cited[0], locale)}</li>"
    heading = escape(locale.text("strip.sources", count=len(sources)))
    return f'<div class="fn-strip"><p class="fn-strip-name">{heading}</p><ul>{items}</ul></div>'
