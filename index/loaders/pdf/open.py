"""Opens PDFs with PDFium, and draws their pages."""

from __future__ import annotations

import threading
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import LoadError
from index.loaders.magic import seems_pdf
from index.loaders.options import DEFAULTS, Options

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument


PDFIUM = threading.RLock()
"""The lock to hold for every call of PDFium: two threads must not call it at once, even for two documents."""

SAVE_AGAIN = "open it in a PDF program and save it again"
"""The remedy for a broken file."""


MAX_PIXELS = 16_000_000
"""The most pixels in a page's picture: some pages are a hundred times as high as they are wide."""


def opened(data: bytes, path: Path, options: Options) -> PdfDocument:
    """Open a PDF without a password, or with the first of ``options.passwords`` that opens it.

    Call this only while holding the lock ``PDFIUM``.

    Args:
        data: the file's content.
        path: the file, for messages.
        options: the options, with the passwords and the limit of pages.

    Raises:
        LoadError: if the file is broken or has no pages, no password opens it, its encryption is not
            supported, or it has too many pages.
    """
    document = _unlocked(data, path, options.passwords)
    pages, most = len(document), options.limits.pages
    if 0 < pages <= most:
        return document
    document.close()
    if pages:
        cause = f"has {pages:,} pages, more than the limit of {most:,}"
        raise LoadError(path, cause, "split it into parts")
    raise LoadError(path, "is broken: it has no pages", SAVE_AGAIN)


def _unlocked(data: bytes, path: Path, passwords: tuple[str, ...]) -> PdfDocument:
    from pypdfium2 import PdfDocument, PdfiumError
    from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

    for password in (None, *passwords):
        try:
            return PdfDocument(data, password=password)
        except PdfiumError as error:
            if error.err_code == FPDF_ERR_SECURITY:
                cause = "is encrypted in a way that cannot be read"
                raise LoadError(path, cause, "save a copy without encryption") from error
            if error.err_code != FPDF_ERR_PASSWORD:
                raise LoadError(path, "is broken: its structure cannot be read", SAVE_AGAIN) from error
    raise _locked(path, len(passwords))


def _locked(path: Path, tried: int) -> LoadError:
    if tried == 0:
        return LoadError(path, "is encrypted and needs a password", "save a copy without a password")
    which = "the password given does not open" if tried == 1 else f"none of the {tried} passwords given opens"
    return LoadError(path, f"is encrypted, and {which} it", "give its password, or save a copy without one")


def draw_page(data: bytes, path: Path, page: int, width: int, options: Options = DEFAULTS) -> bytes:
    """Draw a page as a PNG picture, rotated as a viewer shows it.

    Args:
        data: the file's content.
        path: the file, for messages.
        page: the number of the page, from 1.
        width: the width of the picture in pixels; the picture of a very tall page is narrower.
        options: the options, with the passwords.

    Raises:
        LoadError: if the file cannot be opened, has no such page, or the page cannot be drawn.
    """
    from pypdfium2 import PdfiumError

    if not seems_pdf(data):
        raise LoadError(path, "is not a PDF, and only the pages of a PDF can be drawn", "ask for its text")
    with PDFIUM:
        document = opened(data, path, options)
        try:
            if not 1 <= page <= len(document):
                raise LoadError(path, f"has no page {page}", f"ask for a page from 1 to {len(document)}")
            drawn = document[page - 1]
            across, down = drawn.get_size()
            scale = min(width / across, (MAX_PIXELS / (across * down)) ** 0.5)
            picture = BytesIO()
            drawn.render(scale=scale).to_pil().save(picture, "PNG")
        except (PdfiumError, ZeroDivisionError, ValueError) as error:
            raise LoadError(path, f"is broken: page {page} cannot be drawn", SAVE_AGAIN) from error
        finally:
            document.close()
    return picture.getvalue()
