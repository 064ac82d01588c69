"""OpenDocument files for tests: archives of XML that is written by hand."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        *(("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"), ("meta", "meta")),
        *(("draw", "drawing"), ("svg", "svg-compatible"), ("manifest", "manifest")),
        ("fo", "xsl-fo-compatible"),
    )
)
NAMES += ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'


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


def p(words: str, style: str = "Standard") -> str:
    return f'<text:p text:style-name="{style}">{words}</text:p>'
