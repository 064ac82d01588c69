"""A source and a verdict are called the same wherever they are shown."""

from __future__ import annotations

from ui.naming import DOUBTS, dated, source_facts


def test_a_source_has_its_issuer_its_date_and_its_pages() -> None:
    assert source_facts("Ministry", "A. Author", "2025-07-18", 3) == ["Ministry", "18 July 2025", "page 3"]
    assert source_facts(None, "A. Author", "2025", 3, 5) == ["A. Author", "2025", "pages 3, 5"]


def test_what_a_source_lacks_is_left_out() -> None:
    assert source_facts("", None, None, None) == []
    assert source_facts(None, None, None) == []


def test_a_source_without_a_date_is_called_undated() -> None:
    assert [dated("2025-07"), dated(None), dated("")] == ["July 2025", "undated", "undated"]


def test_only_what_is_carried_has_no_label() -> None:
    assert list(DOUBTS.items()) == [
        ("supported", ""),
        ("partial", "(partly supported)"),
        ("unsupported", "(not supported)"),
    ]
