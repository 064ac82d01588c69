"""The sample plan for sirens: a Word document with headings, a table and footnotes.

It is written as XML by hand: python-docx writes no footnotes, and its bytes change with its template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

TITLE = "Siren plan for the Isken valley (fictional)"
PUBLISHER = "Lorvenna Ministry of Civil Protection"
CREATED = "2025-11-06T08:00:00Z"

NOTICE = """\
Fictional sample report. Lorvenna does not exist, and every place, institution and person named here is
invented.
"""
REASON = """\
On the night of 10 March there were 23 sirens, and nine of them stayed silent.[1] Only those at Harlamoor
were heard before four in the morning.

Since 20 October the engineer on duty at the Maravel Dam can sound every siren by pressing one button. Each
time it is pressed, the ministry’s duty room in Tessaveld is told of it by radio.
"""
BUILT = """\
By 30 June 2026 there will be 52 sirens. Each has a battery that lasts for 72 hours, and none stands lower
than the water rose. The plan costs 3.4 million tals,[2] which Parliament granted on 29 October.
"""
TABLE = (
    ("District", "Sirens in March 2025", "Sirens planned", "Farthest home (km)"),
    ("Upper Isken", "9", "12", "2.1"),
    ("Tamber", "6", "11", "1.8"),
    ("Sarrow", "5", "14", "1.5"),
    ("Quell Delta", "3", "15", "2.4"),
    ("All four districts", "23", "52", "2.4"),
)
SIGNALS = """\
A tone that rises and falls for one minute means: switch on the radio and wait for instructions. A steady
tone of three minutes means: walk to higher ground at once, and leave the car where it is.
"""
TRIALS = """\
The sirens are tried on the first Saturday of every month at noon, for 20 seconds.[3] Whoever hears nothing
should tell the fire brigade of the district.
"""
CONTACT = "Maren Oduvi, Director of Operations, Tessaveld, 6 November 2025"
NOTES = """\
Five had no battery, and the masts of the other four had been taken down for painting. The fire brigades
counted them on 2 May.

Without the radio link to the islands off Port Quell, for which a further 0.6 million tals will be asked in
2027.

In December on the second Saturday, because of the market at Harlamoor.
"""

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest possible time of an entry of an archive, so that the bytes do not depend on the time."""

_NOTE = re.compile(r"\[(\d)\]")


def sirens_docx() -> bytes:
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations(
            ("officeDocument", "word/document.xml"),
            ("metadata/core-properties", "docProps/core.xml"),
        ),
        "docProps/core.xml": _core_properties(),
        "word/document.xml": _document(),
        "word/_rels/document.xml.rels": _relations(("styles", "styles.xml"), ("footnotes", "footnotes.xml")),
        "word/styles.xml": _styles(),
        "word/footnotes.xml": _footnotes(),
    }
    target = BytesIO()
    with ZipFile(target, "w") as archive:
        for name, content in parts.items():
            entry = ZipInfo(name, _FIRST_DAY)
            entry.create_system = 0  # otherwise it depends on the machine
            archive.writestr(entry, _HEAD + content, ZIP_DEFLATED)
    return target.getvalue()


def _content_types() -> str:
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>'
        for name, kind in (
            ("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
            ("word/document.xml", f"{_TYPES}.document.main+xml"),
            ("word/styles.xml", f"{_TYPES}.styles+xml"),
            ("word/footnotes.xml", f"{_TYPES}.footnotes+xml"),
        )
    )
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    defaults = (
        f'<Default Extension="rels" ContentType="{relations}"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    return f'<Types xmlns="{_PACKAGE}/content-types">{defaults}{overrides}</Types>'


def _relations(*targets: tuple[str, str]) -> str:
    relations = "".join(
        f'<Relationship Id="rId{number}" Target="{target}" '
        f'Type="{f"{_PACKAGE}/relationships" if "/" in kind else _OFFICE}/{kind}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'


def _core_properties() -> str:
    moments = "".join(
        f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{CREATED}</dcterms:{name}>'
        for name in ("created", "modified")
    )
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{TITLE}</dc:title><dc:subject>Fictional sample report</dc:subject>"
        f"<dc:creator>{PUBLISHER}</dc:creator><cp:keywords>fictional: true</cp:keywords>"
        f"<dc:language>en</dc:language>{moments}</cp:coreProperties>"
    )


def _document() -> str:
    body = "".join(_body())
    return f'<w:document xmlns:w="{_WORD}"><w:body>{body}{_page()}</w:body></w:document>'


def _page() -> str:
    """A4 with margins of 25 mm, in twentieths of a point."""
    edges = " ".join(f'w:{side}="1417"' for side in ("top", "right", "bottom", "left"))
    margins = f'{edges} w:header="708" w:footer="708" w:gutter="0"'
    return f'<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar {margins}/></w:sectPr>'


def _body() -> Iterator[str]:
    yield _paragraph(TITLE, "Title")
    yield from _paragraphs(NOTICE)
    yield _paragraph(PUBLISHER)
    yield _paragraph("1. Why there is a new plan", "Heading1")
    yield from _paragraphs(REASON)
    yield _paragraph("2. What will be built", "Heading1")
    yield from _paragraphs(BUILT)
    yield _table()
    yield _paragraph("3. What people will hear", "Heading1")
    yield _paragraph("3.1 Signals", "Heading2")
    yield from _paragraphs(SIGNALS)
    yield _paragraph("3.2 Trials", "Heading2")
    yield from _paragraphs(TRIALS)
    yield _paragraph(CONTACT)


def _paragraphs(text: str) -> Iterator[str]:
    return (_paragraph(" ".join(part.split())) for part in text.split("\n\n"))


def _paragraph(text: str, style: str | None = None) -> str:
    """A paragraph in which [1] becomes a reference to the first note."""
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    parts = _NOTE.split(text)
    runs = [_reference(part) if index % 2 else _run(part) for index, part in enumerate(parts) if part]
    return f"<w:p>{styled}{''.join(runs)}</w:p>"


def _run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _reference(number: str) -> str:
    return (
        f'<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="{number}"/></w:r>'
    )


def _table() -> str:
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    borders = "".join(f'<w:{side} w:val="single" w:sz="4" w:color="C5CCD2"/>' for side in sides)
    columns = '<w:gridCol w:w="2268"/>' * len(TABLE[0])
    rows = "".join(
        f"<w:tr>{''.join(f'<w:tc>{_paragraph(cell)}</w:tc>' for cell in row)}</w:tr>" for row in TABLE
    )
    return (
        f"<w:tbl><w:tblPr><w:tblBorders>{borders}</w:tblBorders></w:tblPr>"
        f"<w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>"
    )


def _styles() -> str:
    styles = '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    for identity, name, size, level in (
        ("Title", "Title", 44, None),
        ("Heading1", "heading 1", 30, 0),
        ("Heading2", "heading 2", 25, 1),
    ):
        outline = "" if level is None else f'<w:outlineLvl w:val="{level}"/>'
        styles += (
            f'<w:style w:type="paragraph" w:styleId="{identity}"><w:name w:val="{name}"/>'
            f'<w:basedOn w:val="Normal"/><w:pPr><w:keepNext/><w:spacing w:before="240"/>{outline}</w:pPr>'
            f'<w:rPr><w:b/><w:sz w:val="{size}"/></w:rPr></w:style>'
        )
    return f'<w:styles xmlns:w="{_WORD}">{styles}</w:styles>'


def _footnotes() -> str:
    """The notes, after the two separators that a word processor requires."""
    mark = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r>'
    notes = "".join(
        f'<w:footnote w:id="{number}"><w:p>{mark}{_run(" " + " ".join(note.split()))}</w:p></w:footnote>'
        for number, note in enumerate(NOTES.split("\n\n"), 1)
    )
    lines = (
        '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
        '<w:footnote w:type="continuationSeparator" w:id="0">'
        "<w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>"
    )
    return f'<w:footnotes xmlns:w="{_WORD}">{lines}{notes}</w:footnotes>'
