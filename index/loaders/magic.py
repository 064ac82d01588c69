"""Recognises kinds of files by their first bytes."""

from __future__ import annotations

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of an old Office file, or of a new one with a password ([MS-OFFCRYPTO], 2.3)."""

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (OLD_OFFICE, "an old Microsoft Office file"),
    (b"{\\rtf", "an RTF file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
)
"""The first bytes of files in each format, as the format's specification gives them."""

_ZIPPED = (
    (b"word/", "a Word document"),
    (b"xl/", "an Excel workbook"),
    (b"ppt/", "a PowerPoint presentation"),
    (b"mimetypeapplication/epub", "an EPUB book"),
    (b"mimetypeapplication/vnd.oasis", "an OpenDocument file"),
)
"""Names of entries that identify kinds of ZIP archives."""

_HTML_STARTS = (b"<!doctype html", b"<html")

_PDF_HEADER_WITHIN = 1024
"""Readers accept a PDF's header within this many first bytes (ISO 32000-1, annex H.3.4.1)."""


def seems_pdf(data: bytes) -> bool:
    """Return whether ``data`` has the header of a PDF within its first kilobyte."""
    return b"%PDF-" in data[:_PDF_HEADER_WITHIN]


def seems_html(data: bytes) -> bool:
    """Return whether ``data`` begins like a whole HTML page.

    A byte order mark and white space may come first.
    """
    start = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith(_HTML_STARTS)


def binary_kind(data: bytes) -> str | None:
    """Return the kind of a binary file, for example ``a PNG picture``; None if the kind is unknown."""
    if data.startswith(b"%PDF-"):
        return "a PDF"
    if data.startswith(b"PK\x03\x04"):
        entries = data[:4096] + data[-65536:]
        return next((kind for mark, kind in _ZIPPED if mark in entries), "a ZIP archive")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "a WebP picture"
    if data[4:8] == b"ftyp":
        return "a video"
    return next((kind for start, kind in _SIGNATURES if data.startswith(start)), None)
