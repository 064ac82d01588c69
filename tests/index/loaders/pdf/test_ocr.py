"""Pages that are pictures are read with OCR on request, by the real tesseract."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from index.documents import Document, Span
from index.errors import LoadError, RecognitionError
from index.loaders import LoadingLimits, Options
from index.loaders.pdf.document import read_pdf
from index.loaders.pdf.ocr import MAX_PIXELS, check, scale
from index.loaders.pdf.text import Frame as Shown
from index.text.geometry import boxes
from tests.support.pdf_files import FIRST, PATH, SECOND, body, build
from tests.support.scans import needs_tesseract, pictures, scanned

pytestmark = pytest.mark.slow

OCR = Options(ocr=True)
GREY = Image.new("L", (400, 600), 128)


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return pictures(build(body(FIRST)))[0]


def two_columns(*story: Flowable) -> bytes:
    file = io.BytesIO()
    frames = [Frame(40, 500, 250, 300), Frame(305, 500, 250, 300)]
    BaseDocTemplate(file, pagesize=A4, pageTemplates=[PageTemplate(frames=frames)]).build(list(story))
    return file.getvalue()


def box_of(document: Document, words: str) -> list[tuple[int, float, float, float, float]]:
    start = document.text.index(words)
    return [
        (box.page, box.left, box.top, box.right, box.bottom)
        for box in boxes(document, Span(start, start + len(words)))
    ]


@needs_tesseract
class TestAScannedReport:
    def test_has_its_paragraphs_and_words_where_they_are_on_the_page(self) -> None:
        written = build(body(FIRST), body(SECOND))
        document = read_pdf(scanned(pictures(written)), PATH, OCR)
        assert document.text == f"{FIRST}\n\n{SECOND}"
        assert (document.recognised_pages, document.unread_pages) == ((1,), ())
        for words in ("Maravel Dam", "rusted through", "in the market"):
            found, drawn = box_of(document, words), box_of(read_pdf(written, PATH), words)
            # OCR gives the bounds of the ink, and the text layer those of the font, up to 3 points larger.
            assert [pytest.approx(box, abs=3.5) for box in found] == drawn

    def test_is_read_column_by_column(self) -> None:
        story = [f"{FIRST} {SECOND}"] * 3
        written = two_columns(*map(body, story))
        assert read_pdf(scanned(pictures(written)), PATH, OCR).text.split() == " ".join(story).split()

    def test_only_its_pictures_are_recognised_and_their_languages_stored(self, picture: Image.Image) -> None:
        document = read_pdf(scanned([None, picture, None]), PATH, OCR)
        assert document.text == f"A page with words.\n\n{FIRST}\n\nA page with words."
        assert (document.recognised_pages, document.unread_pages) == ((2,), ())
        twice = Options(ocr=True, ocr_languages=("eng", "eng"))
        assert read_pdf(scanned([picture]), PATH, twice).recognised_in == "eng+eng"
        assert read_pdf(scanned([None]), PATH, OCR).recognised_in == "", "it has no pictures"
        assert read_pdf(scanned([None, picture]), PATH).recognised_in == "", "they were not tried"

    @pytest.mark.parametrize("other", [GREY, Image.effect_noise((1200, 1600), 90)], ids=["grey", "noise"])
    def test_a_picture_in_which_nothing_is_recognised_stays_unread(self, other: Image.Image) -> None:
        document = read_pdf(scanned([None, other]), PATH, OCR)
        assert document.text == "A page with words."
        assert (document.recognised_pages, document.unread_pages) == ((), (2,))

    def test_without_any_words_is_refused(self) -> None:
        with pytest.raises(LoadError) as error:
            read_pdf(scanned([GREY]), PATH, OCR)
        assert str(error.value) == (
            "inquiry.pdf: has no text layer, and no words were recognised (1 scanned page); "
            "scan it again, or name its languages in the setting ocr_languages"
        )

    @pytest.mark.parametrize(
        ("options", "cause"),
        [
            (Options(ocr=True, ocr_languages=("tlh",)), "tesseract failed ("),
            (
                Options(limits=LoadingLimits(seconds=0.001), ocr=True),
                "tesseract took more than 0.001 seconds",
            ),
        ],
        ids=["a language that is not installed", "a page that takes too long"],
    )
    def test_the_error_of_tesseract_is_named(
        self, picture: Image.Image, options: Options, cause: str
    ) -> None:
        with pytest.raises(LoadError) as error:
            read_pdf(scanned([picture]), PATH, options)
        assert error.value.cause.startswith(f"has pages without a text layer, and {cause}")


@needs_tesseract
def test_the_error_names_the_package_of_a_missing_language() -> None:
    check(("eng",))
    with pytest.raises(RecognitionError) as error:
        check(("eng", "chi_xyz"))
    assert str(error.value).startswith(
        "tesseract does not know the language 'chi_xyz'; install it (Debian: tesseract-ocr-chi-xyz), or name "
        "others in the setting ocr_languages; it has eng, "
    )
    with pytest.raises(RecognitionError, match="install it, or name others in the setting ocr_languages"):
        check(("script/Klingon",))


def test_a_program_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, picture: Image.Image
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = (
        "the program tesseract is not installed; install it (Debian: tesseract-ocr), or turn the setting ocr "
        "off"
    )
    with pytest.raises(RecognitionError) as error:
        check(("eng",))
    assert str(error.value) == said
    with pytest.raises(LoadError, match="and the program tesseract is not installed; install it"):
        read_pdf(scanned([picture]), PATH, OCR)


@pytest.mark.parametrize(
    ("size", "dots"), [((595.0, 842.0), 300.0), ((0.0, 0.0), 300.0), ((14400.0, 14400.0), None)]
)
def test_large_pages_are_drawn_smaller(size: tuple[float, float], dots: float | None) -> None:
    chosen = scale(Shown(0, 0, *size, 0, *size))
    if dots is None:
        assert chosen**2 * size[0] * size[1] == pytest.approx(MAX_PIXELS)
    else:
        assert chosen * 72 == dots


def test_recognised_text_is_kept_after_the_option_is_turned_off() -> None:
    plain, chosen = Options(), Options(ocr=True, ocr_languages=("deu",))
    assert plain.for_rereading("eng+khm") == Options(ocr=True, ocr_languages=("eng", "khm"))
    assert (plain.for_rereading(""), chosen.for_rereading("eng")) == (plain, chosen)
