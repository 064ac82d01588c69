"""PDFs for tests, made by reportlab: a story that reportlab typesets, or pages drawn by hand."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from reportlab.lib import pdfencrypt
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate

from index.loaders.pdf.document import read_pdf

PATH = Path("reports/inquiry.pdf")
STYLES = getSampleStyleSheet()

FIRST = (
    "Gate 3 of the Maravel Dam was torn from its bearings at 02:55 on 10 March 2025 because a steel pin "
    "that carried it had rusted through. The pin was last examined in October 2019, although the rules of "
    "the Isken Water Authority ask for an examination every two years."
)
SECOND = (
    "The people downstream could have been warned. The engineer on duty asked for permission to sound the "
    "sirens 45 minutes before the gate failed, and nobody answered him until the water was in the market."
)


def build(*story: Flowable, **properties: str) -> bytes:
    file = io.BytesIO()
    SimpleDocTemplate(file, pagesize=A4, invariant=True, **properties).build(list(story))
    return file.getvalue()


def draw(*pages: Callable[[Canvas], object], encrypt: pdfencrypt.StandardEncryption | None = None) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=True, encrypt=encrypt)
    for page in pages:
        page(canvas)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def column(*lines: str, left: float = 2 * cm, leading: float = 14) -> Callable[[Canvas], None]:
    def page(canvas: Canvas) -> None:
        for number, line in enumerate(lines):
            canvas.drawString(left, 25 * cm - number * leading, line)

    return page


def slow_page(canvas: Canvas) -> None:
    """A page of a few kilobytes that takes many seconds to draw, and minutes if the picture is large."""
    canvas.setPageCompression(1)
    canvas.drawString(2 * cm, 25 * cm, "The third gate of the dam is open.")
    canvas._code.extend(["0 0 595 842 re f"] * 100_000)


def body(text: str) -> Paragraph:
    return Paragraph(text, STYLES["BodyText"])


def read(data: bytes) -> str:
    return read_pdf(data, PATH).text
