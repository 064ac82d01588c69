"""The elements of a page are read as a browser shows them."""

from __future__ import annotations

from tests.index.loaders.html.test_page import between


def test_a_soft_hyphen_is_not_seen() -> None:
    assert between("<p>The com&shy;mis\u00adsion met.</p>") == "The commission met."


def test_items_are_numbered_as_the_page_asks() -> None:
    assert (
        between(
            "<ol type='i'><li>water</li><li>food</li></ol>"
            "<ol style='list-style-type: upper-roman' start=4><li>wood</li></ol>"
            "<ol reversed><li>two</li><li>one</li></ol>"
            "<ol style='list-style: none'><li>1.1 Findings</li></ol>"
        )
        == "i. water\nii. food\n\nIV. wood\n\n2. two\n1. one\n\n1.1 Findings"
    )


def test_quotation_marks_that_the_browser_draws_are_read() -> None:
    assert between("<p>The guard said <q>no</q>.</p>") == "The guard said “no”."


def test_pronunciation_above_characters_is_left_out() -> None:
    assert between("<p>The word <ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby> it is.</p>") == (
        "The word 漢字 it is."
    )


def test_an_equation_that_is_drawn_a_second_time_for_the_eye_is_read_once() -> None:
    katex = (
        "<span><span class='katex-mathml'><math><msup><mn>10</mn><mn>6</mn></msup></math></span>"
        "<span class='katex-html' aria-hidden='true'><span>10</span><span>6</span></span></span>"
    )
    assert between(f"<p>There were {katex} spores.</p>") == "There were 10^6 spores."
