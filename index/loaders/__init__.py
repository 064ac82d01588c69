"""Loads a file as a Document. The file's suffix chooses the loader; the content must match the suffix."""

from __future__ import annotations

import codecs
import stat
from dataclasses import replace
from pathlib import Path

from index.documents import Document, described
from index.errors import LoadError
from index.loaders.archive import seems_html, seems_pdf
from index.loaders.epub import read_epub
from index.loaders.html.page import read_html
from index.loaders.mail import read_eml
from index.loaders.markdown import read_markdown
from index.loaders.metadata import read_sidecar, with_date
from index.loaders.opendocument import read_ods, read_odt
from index.loaders.options import DEFAULTS, MEGABYTE, Loader, LoadingLimits, Options
from index.loaders.pdf.document import read_pdf
from index.loaders.pdf.ocr import check
from index.loaders.rtf import read_rtf
from index.loaders.sandbox.client import Isolated, ReaderDiedError
from index.loaders.sheets.xlsx import read_delimited, read_xlsx
from index.loaders.slides import read_pptx
from index.loaders.text import read_text
from index.loaders.word import read_docx

__all__ = [
    "DEFAULTS",
    "MEGABYTE",
    "SUFFIXES",
    "Isolated",
    "LoadingLimits",
    "Options",
    "ReaderDiedError",
    "check",
    "content",
    "load",
]
_READERS: dict[str, Loader] = {
    ".txt": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".pptx": read_pptx,
    ".pptm": read_pptx,
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".xlsx": read_xlsx,
    ".xlsm": read_xlsx,
    ".eml": read_eml,
    ".epub": read_epub,
    ".rtf": read_rtf,
    ".odt": read_odt,
    ".ods": read_ods,
}
_PLAIN = {read_text, read_markdown, read_delimited}
# Of UTF-16 and UTF-32, in which a text may take more bytes than in UTF-8.
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
READING = 4
"""Raise it when files are read otherwise than before: the next sync reads each file of a library again."""

SUFFIXES = frozenset(_READERS)  # the suffixes, in lower case, of the files that can be loaded


def load(path: Path, options: Options = DEFAULTS) -> Document:
    """A sidecar (``NAME.meta.yaml``) replaces the file's details; its name may give its date.

    Raises LoadError if the file cannot be read, is empty, too large, encrypted, broken, not of its suffix's
    format, or has an invalid sidecar.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        supported = ", ".join(sorted(SUFFIXES))
        suffix = f"has the unsupported suffix {path.suffix}" if path.suffix else "has no suffix"
        raise LoadError(path, suffix, f"convert it to one of {supported}")
    data = content(path, options.limits)
    if reader is not read_pdf and data.startswith(b"%PDF-"):
        raise LoadError(path, f"is named {path.suffix} but seems to be a PDF", "rename it to .pdf")
    if reader is read_pdf and not seems_pdf(data) and seems_html(data):
        raise LoadError(path, "is named .pdf but seems to be an HTML page", "rename it to .html")
    if reader in _PLAIN and seems_html(data):
        raise LoadError(path, f"is named {path.suffix} but seems to be an HTML page", "rename it to .html")
    if reader in _PLAIN and not data.startswith(_WIDE):
        _check_text(path, len(data), options.limits)  # refuse a large text before reading it
    document = replace(reader(data, path, options), reading=READING)
    _check_text(path, len(document.text.encode("utf-8", "surrogatepass")), options.limits)
    return with_date(described(document, read_sidecar(path)), path)


def content(path: Path, limits: LoadingLimits = DEFAULTS.limits) -> bytes:
    """Raises LoadError for a file that is not regular, or is empty, too large or unreadable."""
    megabytes = limits.megabytes
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device, pipe or socket"
            raise LoadError(path, f"is {kind}, not a file", "give the file itself")
        if status.st_size > megabytes * MEGABYTE:
            raise _too_large(path, status.st_size, megabytes)
        with path.open("rb") as file:
            data = file.read(status.st_size + 1)  # not the limit: read(n) allocates n bytes at once
    except FileNotFoundError as error:
        raise LoadError(path, "does not exist", "check its path, or sync again if it was moved") from error
    except PermissionError as error:
        raise LoadError(path, "cannot be read: permission denied", "allow this user to read it") from error
    except OSError as error:
        cause = f"cannot be read: {error.strerror or error}"
        raise LoadError(path, cause, "check the disk that it is on") from error
    if len(data) > megabytes * MEGABYTE:
        raise _too_large(path, len(data), megabytes)
    if not data:
        raise LoadError(path, "is empty: it has no bytes", "save it again with its text")
    return data


def _too_large(path: Path, size: int, megabytes: int) -> LoadError:
    cause = f"has {size / MEGABYTE:,.0f} MB, more than the limit of {megabytes:,} MB"
    return LoadError(path, cause, "split it into parts")


def _check_text(path: Path, size: int, limits: LoadingLimits) -> None:
    """Embedding a very large text takes hours; ``size`` is in bytes of UTF-8."""
    if size > limits.text_megabytes * MEGABYTE:
        text = f"{size / MEGABYTE:,.1f} MB of text"
        cause = f"has {text}, more than the limit of {limits.text_megabytes:,} MB"
        remedy = "split it into parts, or allow more text (the setting max_text_megabytes)"
        raise LoadError(path, cause, remedy)
