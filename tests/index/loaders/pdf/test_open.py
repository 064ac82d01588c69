"""Passwords open PDFs, limits refuse them, and pages that are pictures are listed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib import pdfencrypt
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from index.errors import LoadError
from index.loaders import LoadingLimits, Options
from index.loaders.pdf.document import READ_PICTURES, read_pdf
from tests.support.pdf_files import PATH, column, draw

LOCKED = draw(column("Gate 3 failed."), encrypt=pdfencrypt.StandardEncryption("secret", "owner", canPrint=1))


@pytest.mark.parametrize("passwords", [("secret",), ("wrong", "secret"), ("owner",), ("", "wörng", "secret")])
def test_passwords_are_tried_in_turn(passwords: tuple[str, ...]) -> None:
    assert read_pdf(LOCKED, PATH, Options(passwords=passwords)).text == "Gate 3 failed."


@pytest.mark.parametrize(
    ("passwords", "cause"),
    [
        (("wrong",), "is encrypted, and the password given does not open it"),
        (("wrong", "false"), "is encrypted, and none of the 2 passwords given opens it"),
    ],
)
def test_a_wrong_password_is_named(passwords: tuple[str, ...], cause: str) -> None:
    with pytest.raises(LoadError) as error:
        read_pdf(LOCKED, PATH, Options(passwords=passwords))
    assert str(error.value) == f"inquiry.pdf: {cause}; give its password, or save a copy without one"


def test_a_password_that_is_not_needed_is_no_error() -> None:
    assert read_pdf(draw(column("Gate 3.")), PATH, Options(passwords=("secret",))).text == "Gate 3."


def test_more_pages_than_are_read_are_refused() -> None:
    data = draw(*[column(f"Page about gate {number}.") for number in range(3)])
    assert len(read_pdf(data, PATH, Options(limits=LoadingLimits(pages=3))).page_starts) == 3
    with pytest.raises(LoadError) as error:
        read_pdf(data, PATH, Options(limits=LoadingLimits(pages=2)))
    assert str(error.value) == ("inquiry.pdf: has 3 pages, more than the limit of 2; split it into parts")


def picture(canvas: Canvas) -> None:
    """Draw a scanned page."""
    file = io.BytesIO()
    Image.new("L", (40, 60), 128).save(file, "PNG")
    canvas.drawImage(ImageReader(file), 0, 0, *A4)


def test_pages_that_are_pictures_are_listed() -> None:
    def blank(canvas: Canvas) -> None:
        canvas.line(0, 0, 9, 9)

    def illustrated(canvas: Canvas) -> None:
        picture(canvas)
        column("Gate 4 held.")(canvas)

    document = read_pdf(draw(column("Gate 3 failed."), picture, blank, illustrated, picture), PATH)
    assert document.text == "Gate 3 failed.\n\nGate 4 held."
    assert document.unread_pages == (2, 5)
    assert len(document.layouts) == len(document.page_starts) == 5


def test_a_picture_inside_a_form_is_a_picture() -> None:
    def page(canvas: Canvas) -> None:
        canvas.beginForm("scan")
        picture(canvas)
        canvas.endForm()
        canvas.doForm("scan")

    assert read_pdf(draw(column("Gate 3 failed."), page), PATH).unread_pages == (2,)


def test_the_error_of_a_scanned_file_says_how_to_read_it() -> None:
    with pytest.raises(LoadError) as error:
        read_pdf(draw(picture, picture), PATH)
    assert str(error.value) == f"inquiry.pdf: has no text layer (2 scanned pages); {READ_PICTURES}"
    assert "setting ocr" in READ_PICTURES
    assert "program tesseract" in READ_PICTURES


def test_real_files_that_anybody_may_open_or_nobody(evaluation_data: Path) -> None:
    broken = evaluation_data / "documents" / "broken"
    document = read_pdf((broken / "pdf_encrypted.pdf").read_bytes(), broken / "pdf_encrypted.pdf")
    assert document.text.startswith("Placeholder Documentation\n\nThis document is a placeholder for")
    locked = broken / "password.pdf"
    with pytest.raises(LoadError, match="is encrypted and needs a password"):
        read_pdf(locked.read_bytes(), locked)
    opened = read_pdf(locked.read_bytes(), locked, Options(passwords=("secret", "password")))
    assert opened.text == "File with password"
    with pytest.raises(LoadError, match=r"has no text layer \(1 scanned page\)"):
        read_pdf((broken / "file_scanned.pdf").read_bytes(), broken / "file_scanned.pdf")
