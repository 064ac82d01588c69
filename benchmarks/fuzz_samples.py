"""Valid files of every supported format, which ``benchmarks.fuzz_loading`` damages.

A new format needs a sample here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Protocol
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from index.loaders import SUFFIXES

ROOT = Path(__file__).parent.parent
MOST_BYTES = 200_000

_GATE = "The council of Varda closed the third gate of the dam on Monday."
_WATER = "Four villages below the weir have had no clean water since June."
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?")
_ROWS = (("Place", "People", "Since"), ("Varda", "1,204", "2024-06-01"), ("Orrin", "87", "2023"))


def samples() -> dict[str, list[bytes]]:
    """By suffix: made here, from ``seeds/``, and from the evaluation data if available."""
    found: dict[str, list[bytes]] = {
        suffix: [make() for make in _MAKERS.get(suffix, ())] for suffix in sorted(SUFFIXES)
    }
    folders = [ROOT / "seeds"]
    if "FOOTNOTED_EVAL_DATA" in os.environ:
        folders.append(Path(os.environ["FOOTNOTED_EVAL_DATA"]) / "documents")
    for file in sorted(file for folder in folders for file in folder.rglob("*") if file.is_file()):
        if file.suffix.lower() in found and file.stat().st_size <= MOST_BYTES:
            found[file.suffix.lower()].append(file.read_bytes())
    return found


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    """The same bytes every time; ``mimetype``, which some formats require first, is not compressed."""
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        for name, content in parts.items():
            how = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
            archive.writestr(ZipInfo(name), content, compress_type=how)
    return made.getvalue()


def parts_of(archive: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _text() -> bytes:
    return f"The dam\n\n{_GATE}\n{_WATER}\n\n1. one\n2. two\n\n{'word ' * 60}\n".encode()


def _markdown() -> bytes:
    table = "\n".join(" | ".join(line) for line in (_ROWS[0], ("---",) * 3, *_ROWS[1:]))
    front = "---\ntitle: The dam\npublished: 2025-07-18\nlanguage: en\n---\n"
    return (
        f"{front}\n# The dam\n\n{_GATE}\n\n- one\n  - two\n\n{table}\n\n> `{_WATER}`\n\n<b>x</b>\n".encode()
    )


def _page() -> bytes:
    return (
        "<!doctype html><html lang='en'><head><title>The dam</title><meta name='author' content='A. Ilves'>"
        f"</head><body><nav><a href='/'>Home</a></nav><main><h1>The dam</h1><p>{_GATE}<sup>2</sup></p>"
        f"<ul><li>one<ul><li>two</ul></ul>{_table()}<pre>a\n b</pre><p hidden>no</p></main></body></html>"
    ).encode()


def _xml_page() -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<head><title>The dam</title></head><body><h1>The dam</h1><p>{_GATE}</p>{_table()}</body></html>"
    ).encode()


def _table() -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in _ROWS)
    return f"<table>{rows}</table>"


def _separated(separator: str) -> Callable[[], bytes]:
    def make() -> bytes:
        lines = [separator.join(f'"{cell}"' if "," in cell else cell for cell in line) for line in _ROWS]
        return "\r\n".join([*lines, f'"{_GATE}\nand ""{_WATER}"""{separator}1{separator}2', ""]).encode()

    return make


def _pdf() -> bytes:
    """Not compressed, so that damage reaches the words."""
    words = f"BT /F 12 Tf 72 720 Td ({_GATE}) Tj 0 -20 Td ({_WATER}) Tj ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 7 0 R >>",
        f"<< /Length {len(words)} >>\nstream\n{words}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Title (The dam) /Author (A. Ilves) /CreationDate (D:20250718) >>",
        "<< /Font << /F 5 0 R >> >>",
    )
    made, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 8\n0000000000 65535 f \n{table}trailer\n<< /Size 8 /Root 1 0 R /Info 6 0 R >>\n"
    return f"{made}{end}startxref\n{len(made)}\n%%EOF\n".encode()


class _Saved(Protocol):
    def save(self, place: BytesIO, /) -> object: ...


def _saved(document: _Saved) -> bytes:
    """Without the time at which it was made."""
    made = BytesIO()
    document.save(made)
    parts = parts_of(made.getvalue())
    return zipped({name: _MOMENT.sub(b"2025-07-18T10:00:00Z", content) for name, content in parts.items()})


def _docx() -> bytes:
    import docx

    word = docx.Document()
    word.add_heading("The dam", 1)
    word.add_paragraph(_GATE)
    word.add_paragraph("one", style="List Number")
    table = word.add_table(len(_ROWS), 3)
    for line, cells in zip(_ROWS, table.rows, strict=True):
        for words, cell in zip(line, cells.cells, strict=True):
            cell.text = words
    word.sections[0].header.paragraphs[0].text = "Report 4"
    return _saved(word)


def _xlsx() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for line in (*_ROWS, (_GATE, 3.5, "=SUM(B2:B3)")):
        sheet.append(line)
    sheet.merge_cells("A6:B7")
    book.create_sheet("Second")["C3"] = _WATER
    return _saved(book)


def _pptx() -> bytes:
    import pptx

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "The dam"
    slide.shapes.add_textbox(0, 0, 914_400, 914_400).text_frame.text = _GATE
    table = slide.shapes.add_table(len(_ROWS), 3, 0, 914_400, 2_743_200, 914_400).table
    for row, line in enumerate(_ROWS):
        for column, words in enumerate(line):
            table.cell(row, column).text = words
    slide.notes_slide.notes_text_frame.text = _WATER
    return _saved(deck)


def _mail() -> bytes:
    return (
        "From: =?utf-8?q?A=2E_Ilves?= <a@example.org>\r\nTo: b@example.org\r\nSubject: The dam\r\n"
        "Date: Fri, 18 Jul 2025 10:00:00 +0200\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n'
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{_GATE}=20\r\n--x\r\nContent-Type: text/html\r\n"
        f"\r\n<p>{_WATER}</p>\r\n--x\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; "
        'filename="a.csv"\r\nContent-Transfer-Encoding: base64\r\n\r\nYSxiCjEsMgo=\r\n--x--\r\n'
    ).encode()


def _rtf() -> bytes:
    cells = "".join(
        r"\trowd\cellx2000\cellx4000\cellx6000 " + "".join(rf"{cell}\cell " for cell in line) + r"\row "
        for line in _ROWS
    )
    return (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Times;}}{\info{\title The dam}}"
        rf"\pard {{\b The dam}}\par {_GATE} \u8364?\'e4\par {cells}\pard {_WATER}\par}}"
    ).encode()


def _open_document(kind: str) -> Callable[[], bytes]:
    names = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (
            *(("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing")),
            *(("style", "style"), ("manifest", "manifest"), ("presentation", "presentation")),
        )
    )
    rows = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in line)
        + "</table:table-row>"
        for line in _ROWS
    )
    table = f'<table:table table:name="A">{rows}</table:table>'
    words = f'<text:h text:outline-level="1">The dam</text:h><text:p>{_GATE}</text:p>'
    box = f"<draw:text-box>{words}</draw:text-box>"
    body = {
        "text": f"{words}<text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>{table}",
        "spreadsheet": table,
        "presentation": f"<draw:page><draw:frame>{box}</draw:frame></draw:page>",
    }[kind]
    media = f"application/vnd.oasis.opendocument.{kind}"

    def make() -> bytes:
        return zipped(
            {
                "mimetype": media,
                "content.xml": f"<office:document-content {names}><office:body><office:{kind}>{body}"
                f"</office:{kind}></office:body></office:document-content>",
                "META-INF/manifest.xml": f"<manifest:manifest {names}><manifest:file-entry "
                f'manifest:full-path="/" manifest:media-type="{media}"/></manifest:manifest>',
            }
        )

    return make


def _epub() -> bytes:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The dam</dc:title></metadata><manifest>'
        '<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/></spine></package>'
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
        '<rootfile full-path="b.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "b.opf": package,
            "nav.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><ol><li>'
            '<a href="a.xhtml">The dam</a></li></ol></nav></body></html>',
            "a.xhtml": _xml_page(),
        }
    )


_MAKERS: Mapping[str, Iterable[Callable[[], bytes]]] = {
    ".txt": [_text],
    ".md": [_markdown],
    ".markdown": [_markdown],
    ".html": [_page],
    ".htm": [_page],
    ".xhtml": [_xml_page, _page],
    ".csv": [_separated(","), _separated(";")],
    ".tsv": [_separated("\t")],
    ".pdf": [_pdf],
    ".docx": [_docx],
    ".xlsx": [_xlsx],
    ".xlsm": [_xlsx],
    ".pptx": [_pptx],
    ".pptm": [_pptx],
    ".eml": [_mail],
    ".rtf": [_rtf],
    ".odt": [_open_document("text")],
    ".ods": [_open_document("spreadsheet")],
    ".odp": [_open_document("presentation")],
    ".epub": [_epub],
}
