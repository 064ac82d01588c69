"""A page of a PDF → its picture."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from index.errors import LoadError
from index.loaders.magic import seems_pdf
from index.loaders.options import DEFAULTS, Options
from index.loaders.pdf.open import PDFIUM, SAVE_AGAIN, opened

MAX_PIXELS = 16_000_000
"""Of a picture: a page may be a hundred times as high as it is wide."""


def draw_page(data: bytes, path: Path, page: int, width: int, options: Options = DEFAULTS) -> bytes:
    """A page as a PNG picture, turned as it is shown.

    Args:
        data: the file's content.
        path: the file, for messages.
        page: its number, from 1.
        width: of the picture, in pixels; less where the page is so high that the picture would be too large.
        options: has the passwords that may open it.

    Raises:
        LoadError: if the file cannot be opened, has no such page, or the page cannot be drawn.
    """
    from pypdfium2 import PdfiumError

    if not seems_pdf(data):
        raise LoadError(path, "has no pages that can be drawn", "read its text")
    with PDFIUM:
        document = opened(data, path, options)
        try:
            if not 1 <= page <= len(document):
                cause = f"has no page {page}: it has {len(document)}"
                raise LoadError(path, cause, "ask for one that it has")
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
