"""Signatures estimate the share of word runs that two texts have in common."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text.minhash import NEAR_DUPLICATE, PERMUTATIONS, numbers, resemblance, signature
from tests.support.stories import FOOTER, OTHER_STORY, STORY
from tests.support.writings import BREAKS, SENTENCES

TEXTS = st.lists(st.sampled_from([*SENTENCES, *BREAKS]), max_size=30).map("".join)


DIGEST = "8b33b5be01efd008a89a2cacc8f0780515c3acdcbb21a1ead3066fbb8720a5a4"
"""The digest of one signature: if it changes, stored signatures cannot be compared with new ones."""


def alike(one: str, other: str) -> float:
    first, second = signature(one), signature(other)
    assert first is not None
    assert second is not None
    [score] = resemblance(numbers(first)[0], numbers(second))
    return float(score)


def test_a_signature_is_128_numbers_that_are_the_same_on_every_machine() -> None:
    made = signature("The council of Varda closed the third gate of the dam on Monday.")
    assert made is not None
    assert len(made) == 4 * PERMUTATIONS == 512
    assert hashlib.sha256(made).hexdigest() == DIGEST


def test_case_punctuation_and_line_breaks_do_not_count() -> None:
    assert alike("The dam, he said, broke at DAWN.", "the dam\nhe said “broke”\n\nat dawn") == 1.0
    # A compatibility character equals the character that it stands for: a ligature, a full-width digit.
    assert alike("The ﬁrst gate of １２ is shut now", "the first gate of 12 is shut now") == 1.0


def test_figures_count_with_their_separators() -> None:
    assert alike("It cost 1,200 crowns", "It cost 1 200 crowns") == 0.0
    assert alike("It cost 1,200 crowns", "It cost 1,200 crowns") == 1.0


def test_a_text_shorter_than_a_shingle_resembles_only_its_like() -> None:
    assert alike("The dam broke.", "The dam broke") == 1.0
    assert alike("The dam broke.", "The dam held.") == 0.0
    assert alike("The dam broke.", "The dam broke at dawn on Monday.") == 0.0


@pytest.mark.parametrize("text", ["", " \n\n", "— … ·", "*" * 40])
def test_a_text_without_words_has_no_signature(text: str) -> None:
    assert signature(text) is None


def test_a_story_with_another_headline_and_footer_is_a_near_duplicate() -> None:
    body = " ".join(STORY)
    one = f"Nine held in harbour raid\n\n{body}\n\n{FOOTER.format('Courier')}"
    other = f"Fake medicine found\n\n{body}\n\n{FOOTER.format('Herald')}"
    assert NEAR_DUPLICATE < 0.75 < alike(one, other) < 0.95


def test_other_stories_on_the_same_subject_are_not() -> None:
    assert alike(" ".join(STORY), " ".join(OTHER_STORY)) < 0.1


def test_a_story_inside_a_report_three_times_as_long_is_not() -> None:
    own = " ".join(
        f"Finding {place} of the commission concerns the {place}th warehouse." for place in range(30)
    )
    assert alike(" ".join(STORY), f"{own} {' '.join(STORY)}") < NEAR_DUPLICATE


@pytest.mark.parametrize(
    ("text", "copy", "other"),
    [
        (
            "柬埔寨警方本周逮捕了一千多名网络诈骗嫌疑人。行动由首相下令进行，持续了三天。",
            "柬埔寨警方本周逮捕了一千多名网络诈骗嫌疑人。行动由首相下令进行，持续了三天。新华社",
            "市议会星期一关闭了大坝的第三道闸门，下游四个村庄自六月以来一直没有干净的水。",
        ),
        (
            "ប្រទេសកម្ពុជាបានបិទទំនប់នៅថ្ងៃចន្ទ។ ប្រជាជនត្រូវបានផ្លាស់ទីលំនៅ។",
            "ប្រទេសកម្ពុជាបានបិទទំនប់នៅថ្ងៃចន្ទ។ ប្រជាជនត្រូវបានផ្លាស់ទីលំនៅ។ ភ្នំពេញ",
            "ប៉ូលីសបានចាប់ខ្លួនមនុស្ស ៤០ នាក់ នៅក្បែរកំពង់ផែ។",
        ),
    ],
)
def test_scripts_without_spaces_are_told_by_their_characters(text: str, copy: str, other: str) -> None:
    assert alike(text, copy) > 0.75
    assert alike(text, other) < 0.1


def test_a_long_text_has_the_signature_of_its_shingles_however_many_are_permuted_at_once() -> None:
    # 20,000 words, then the same with the halves swapped: only the shingles across the seam differ.
    words = [f"w{place}" for place in range(20_000)]
    turned = words[10_000:] + words[:10_000]
    assert alike(" ".join(words), " ".join(turned)) > 0.97


@given(TEXTS, TEXTS)
def test_resemblance_is_mutual_and_whole_only_to_itself(one: str, other: str) -> None:
    first, second = signature(one), signature(other)
    assert first == signature(one)
    if first is None or second is None:
        return
    both = numbers(first + second)
    assert both.shape == (2, PERMUTATIONS)
    assert both.dtype == np.uint32
    [[own, across], [back, own_too]] = [resemblance(row, both) for row in both]
    assert (own, own_too) == (1.0, 1.0)
    assert across == back
    assert 0 <= across <= 1
    assert (across == 1.0) == (first == second)
