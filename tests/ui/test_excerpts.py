"""A passage is cut where a word ends, or where it must be."""

from __future__ import annotations

from ui.excerpts import EXCERPT_CHARACTERS, excerpt


def test_an_excerpt_is_one_line_and_ends_at_a_word() -> None:
    assert excerpt("Two\n\nparagraphs.") == "Two paragraphs."
    assert excerpt("word " * 100) == f"{'word ' * 55}word …"
    assert excerpt("字" * 300) == f"{'字' * 280} …"


def test_words_without_spaces_are_not_cut_back_to_the_only_one() -> None:
    assert excerpt("水 " + "水" * 400) == "水 " + "水" * (EXCERPT_CHARACTERS - 2) + " …"
