"""OpenDocument files for tests: archives of XML that is written by hand."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import odfdo

from index.loaders.opendocument import read_odt

PATH = Path("reports/dam.odt")
NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        *(("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"), ("meta", "meta")),
        *(("draw", "drawing"), ("svg", "svg-compatible"), ("manifest", "manifest")),
        ("fo", "xsl-fo-compatible"),
    )
)
NAMES += ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'
SENTENCE = "Gate 3 failed because nobody had looked at its pin since the dam was built."


def packed(
    body: str, *, automatic: str = "", container: str = "text", equation: str = "", **parts: str
) -> bytes:
    """``parts`` has the content of ``meta``, ``styles`` and ``manifest``; ``equation`` is an object's XML."""
    names = {"meta": "meta.xml", "styles": "styles.xml", "manifest": "META-INF/manifest.xml"}
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{container}")
        archive.writestr(
            "content.xml",
            f"<office:document-content {NAMES}><office:automatic-styles>{automatic}</office:automatic-styles>"
            f"<office:body><office:{container}>{body}</office:{container}></office:body>"
            "</office:document-content>",
        )
        if equation:
            archive.writestr("Object 1/content.xml", equation)
        for part, content in parts.items():
            archive.writestr(names[part], f"<office:{part} {NAMES}>{content}</office:{part}>")
    return made.getvalue()


def text_of(body: str, *, automatic: str = "", **parts: str) -> str:
    return read_odt(packed(body, automatic=automatic, **parts), PATH).text


def p(words: str, style: str = "Standard") -> str:
    return f'<text:p text:style-name="{style}">{words}</text:p>'


def level(kind: str, number: int, attributes: str) -> str:
    return f'<text:list-level-style-{kind} text:level="{number}" {attributes}/>'


def saved(document: odfdo.Document) -> bytes:
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def table(*rows: str, header: str = "") -> str:
    head = f"<table:table-header-rows>{header}</table:table-header-rows>" if header else ""
    return f"<table:table table:name='T'>{head}{''.join(rows)}</table:table>"


def row(*cells: str, repeated: int = 1) -> str:
    written = "".join(
        cell if cell.startswith("<") else f"<table:table-cell>{p(cell)}</table:table-cell>" for cell in cells
    )
    return f"<table:table-row table:number-rows-repeated='{repeated}'>{written}</table:table-row>"
