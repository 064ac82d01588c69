"""Lists of a Word document are numbered as Word numbers them."""

from __future__ import annotations

import pytest
from docx.document import Document as WordDocument

from tests.support.word_files import (
    item,
    numbered,
    paragraph,
    read,
    run,
    styled,
    written,
)


@pytest.mark.parametrize(
    ("override", "texts"),
    [
        ("", "Article 1. a\n\nArticle 2. b\nArticle 3. c"),
        ("<w:startOverride w:val='5'/>", "Article 1. a\n\nArticle 5. b\nArticle 6. c"),
        (
            "<w:lvl w:ilvl='0'><w:numFmt w:val='upperRoman'/><w:lvlText w:val='Part %1'/></w:lvl>",
            "Article 1. a\n\nPart II b\nPart III c",
        ),
    ],
    ids=["none", "start", "level"],
)
def test_a_list_of_the_same_definition_goes_on_unless_it_begins_anew(override: str, texts: str) -> None:
    def write(word: WordDocument) -> None:
        numbered(1, "decimal", "Article %1.")(word)
        numbered(2, override=f"<w:lvlOverride w:ilvl='0'>{override}</w:lvlOverride>")(word)
        written(item(1, "a"), item(2, "b"), item(2, "c"))(word)

    assert read(write).text == texts


def test_a_style_has_the_list_of_the_style_that_it_is_based_on() -> None:
    def write(word: WordDocument) -> None:
        numbered(1, "decimal", "Article %1.")(word)
        styled("Article", "paragraph", "", "<w:pPr><w:numPr><w:numId w:val='9101'/></w:numPr></w:pPr>")(word)
        styled("ArticleOfLaw", "paragraph", "", "<w:basedOn w:val='Article'/>")(word)
        paragraph(f"<w:pPr><w:pStyle w:val='ArticleOfLaw'/></w:pPr>{run('Of gates.')}")(word)

    assert read(write).text == "Article 1. Of gates."
