"""Scanned reports for tests: PDFs of pictures of pages."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from functools import partial

import pypdfium2
import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.support.pdf_files import column, draw

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not installed (Debian: tesseract-ocr)"
)


def pictures(data: bytes) -> list[Image.Image]:
    pages = pypdfium2.PdfDocument(data)
    return [page.render(scale=200 / 72, grayscale=True).to_pil() for page in pages]


def scanned(pages: Sequence[Image.Image | None], words: str = "A page with words.") -> bytes:
    """A PDF of pictures; None stands for a page with the words."""

    def place(picture: Image.Image, canvas: Canvas) -> None:
        file = io.BytesIO()
        picture.save(file, "PNG")
        canvas.drawImage(ImageReader(file), 0, 0, *A4)

    return draw(*(column(words) if picture is None else partial(place, picture) for picture in pages))
