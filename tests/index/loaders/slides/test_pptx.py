"""A presentation becomes its slides, each a page and a section, with its metadata."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from pptx import Presentation

from index.documents import Section
from index.errors import LoadError
from index.loaders import LoadingLimits, Options, load
from index.loaders.slides import read_pptx
from tests.support.slide_files import BLANK, PATH, box, changed, nothing, picture, presentation, titled


class TestSlides:
    def test_each_is_a_page_and_a_section_and_its_notes_are_marked(self) -> None:
        found = read_pptx(
            presentation(
                titled("The dam", "Gate 3 failed\nNobody was warned", "Say this.\nThen wait."),
                titled("The pin", "It had rusted through"),
            ),
            PATH,
        )
        assert found.text == (
            "The dam\n\nGate 3 failed\nNobody was warned\n\nNotes: Say this.\nThen wait.\n\n"
            "The pin\n\nIt had rusted through"
        )
        assert found.page_starts == (0, 71)
        assert found.sections == (Section(0, 1, "The dam"), Section(71, 1, "The pin"))
        assert found.page_at(found.text.index("rusted")) == 2

    def test_hidden_slides_are_left_out_and_pages_keep_the_numbers_of_slides(self) -> None:
        found = read_pptx(
            presentation(
                titled("One"),
                titled("Two", "secret", "secret", hidden=True),
                titled("Three"),
                (BLANK, nothing),
            ),
            PATH,
        )
        assert found.text == "One\n\nThree"
        assert found.page_starts == (0, 5, 5, 10)
        assert [found.page_at(0), found.page_at(5)] == [1, 3]
        assert found.sections == (Section(0, 1, "One"), Section(5, 1, "Three"))

    def test_slides_that_are_pictures_are_unread_pages(self) -> None:
        found = read_pptx(
            presentation((BLANK, picture), titled("The dam"), (BLANK, nothing), (BLANK, picture)), PATH
        )
        assert (found.text, found.unread_pages) == ("The dam", (1, 4))
        assert found.page_starts == (0, 0, 7, 7)

    def test_a_slide_without_a_title_is_named_by_its_first_short_line_or_its_number(self) -> None:
        found = read_pptx(
            presentation(
                (BLANK, lambda slide: box(slide.shapes, "What failed\nThe pin.", 1, 1)),
                (BLANK, lambda slide: box(slide.shapes, "The pin failed.", 1, 1)),
            ),
            PATH,
        )
        assert found.sections == (Section(0, 1, "What failed"), Section(22, 1, "Slide 2"))


class TestMetadata:
    def test_it_is_that_of_the_properties(self) -> None:
        show = Presentation(BytesIO(presentation(titled("The dam"))))
        said = show.core_properties
        said.title, said.author = "Inquiry into the dam", "Dam commission"
        said.created, said.modified = datetime(2031, 3, 1), datetime(2031, 4, 2)  # noqa: DTZ001 - it knows no zones
        file = BytesIO()
        show.save(file)
        found = read_pptx(file.getvalue(), PATH)
        assert (found.title, found.author, found.published) == (
            *("Inquiry into the dam", "Dam commission", "2031-04-02"),
        )
        assert found.origins == dict.fromkeys(("title", "author", "published"), "document properties")
        assert found.kind == "pptx"

    def test_without_a_title_it_is_that_of_the_first_slide_or_the_name(self) -> None:
        titles = [titled("The dam"), (BLANK, lambda slide: box(slide.shapes, "The pin failed.", 1, 1))]
        found = [read_pptx(presentation(one, title="PowerPoint Presentation"), PATH) for one in titles]
        assert [(document.title, document.origins["title"]) for document in found] == [
            ("The dam", "page"),
            ("dam", "file name"),
        ]

    def test_the_language_is_that_of_its_words(self) -> None:
        said = titled("Der Bolzen", "Das Tor wurde zuletzt im Oktober geprüft und war durchgerostet")
        assert read_pptx(presentation(said), PATH).language == "de"


class TestErrors:
    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (presentation((BLANK, picture)), "holds no words to read"),
            (changed(presentation(titled("x")), "ppt/slides/slide1.xml", rb".*", b"<x"), "is broken: "),
            (changed(presentation(titled("x")), "[Content_Types].xml", rb".*", b"<Types"), "is broken: "),
            (
                changed(
                    presentation(titled("x")),
                    "ppt/_rels/presentation.xml.rels",
                    rb"slides/slide1",
                    b"slides/none",
                ),
                "is broken: ",
            ),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "is encrypted or in an old Office format"),
            (b"words", "is named .pptx but is not a PowerPoint presentation"),
        ],
        ids=["pictures", "slide", "types", "relations", "old", "text"],
    )
    def test_each_is_named(self, data: bytes, cause: str) -> None:
        with pytest.raises(LoadError) as caught:
            read_pptx(data, PATH)
        assert caught.value.cause.startswith(cause)
        assert caught.value.remedy

    def test_external_entities_are_not_followed(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("SECRET")
        part = "ppt/slides/slide1.xml"
        entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]><p:sld'.encode()
        attacked = changed(presentation(titled("MARK", "Gate 3 failed.")), part, rb"<p:sld", entity)
        assert read_pptx(changed(attacked, part, rb"MARK", b"Dam&x;"), PATH).text == "Dam\n\nGate 3 failed."

    def test_it_is_bounded_when_unpacked(self) -> None:
        with pytest.raises(LoadError, match="more than the limit of 0 MB"):
            read_pptx(presentation(titled("x")), PATH, Options(limits=LoadingLimits(unpacked_megabytes=0)))


@pytest.mark.parametrize("name", ["Dam.PPTX", "dam.pptm"])
def test_the_suffix_chooses_the_loader(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(presentation(titled("The dam")))
    assert (load(file).kind, load(file).text) == ("pptx", "The dam")
