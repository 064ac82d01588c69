"""The strings of the interface: in the reader's language, none missing, none unused."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import babel
import pytest

import ui
from ui.page.head import ASSETS, ENGLISH, Locale, gradio_words, languages, locale_for, locale_in

ENGLISH_WORDS = locale_in(ENGLISH).words
PLURAL = re.compile(r"\.(zero|one|two|few|many|other)$")
PLACE = re.compile(r"\{(\w+)\}")

SCRIPTS = [path.read_text(encoding="utf-8") for path in ASSETS.rglob("*.js")]
MODULES = [path.read_text(encoding="utf-8") for path in Path(ui.__file__).parent.rglob("*.py")]


def base(key: str) -> str:
    """A key without its plural form."""
    return PLURAL.sub("", key)


def asked_for() -> set[str]:
    """The keys that scripts and modules use."""
    in_scripts = re.compile(r'\b(?:t|parts)\(\s*"([\w.]+)"')
    in_modules = re.compile(r'(?:\.text|\bwords)\(\s*"([\w.]+)"')
    found = chain(
        *(in_scripts.findall(script) for script in SCRIPTS),
        *(in_modules.findall(module) for module in MODULES),
    )
    return set(found)


def templates() -> set[str]:
    """Patterns of the keys that scripts compose, as in `${name}.show`."""
    made = re.compile(r"\b(?:t\(|key =)\s*`((?:[\w.]|\$\{[^{}`]*\})+)`")
    parted = (re.split(r"\$\{[^{}`]*\}", each) for each in chain(*map(made.findall, SCRIPTS)))
    # A placeholder at the start of a key may stand for a prefix with dots.
    return {re.sub(r"^\\w", r"[\\w.]", r"\w+".join(map(re.escape, pieces))) for pieces in parted}


def is_used(key: str) -> bool:
    """Return whether a key occurs in quotation marks or matches a pattern."""
    return any(f'"{key}"' in text for text in [*SCRIPTS, *MODULES]) or any(
        re.fullmatch(each, key) for each in templates()
    )


def test_each_string_that_is_asked_for_is_there() -> None:
    assert asked_for() - {base(key) for key in ENGLISH_WORDS} == set()


def test_each_string_that_is_there_is_used() -> None:
    assert [key for key in ENGLISH_WORDS if not is_used(base(key))] == []


@pytest.mark.parametrize("language", languages())
def test_a_translation_has_the_values_of_the_english_string_and_its_own_plurals(language: str) -> None:
    forms = babel.Locale.parse(language).plural_form.tags | {"other"}
    for key, words in locale_in(language).words.items():
        form = PLURAL.search(key)
        counted = form is not None and f"{base(key)}.other" in ENGLISH_WORDS
        english = ENGLISH_WORDS[f"{base(key)}.other" if counted else key]
        assert not counted or form is None or form[1] in forms, key
        assert set(PLACE.findall(words)) - {"count"} == set(PLACE.findall(english)) - {"count"}, key


@pytest.mark.parametrize("language", languages())
def test_a_translation_has_its_strings_in_the_order_of_the_english_ones(language: str) -> None:
    keys = list(dict.fromkeys(map(base, locale_in(language).words)))
    assert keys == [key for key in dict.fromkeys(map(base, ENGLISH_WORDS)) if key in keys]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("tlh,xx;q=0.5", "en"),
        ("km-KH,km;q=0.9,en;q=0.8", "km"),
        ("zh-TW,zh;q=0.9", "zh"),
        ("vi;q=0.5, id", "id"),
        ("fr;q=0.9, EN-us;q=0.8", "en"),
        ("en;q=nonsense", "en"),
        (";;q=,,", "en"),
    ],
)
def test_a_reader_gets_the_first_language_that_there_is(accepted: str | None, language: str) -> None:
    assert locale_for(accepted).language == language


def test_numbers_and_plurals_are_written_as_the_language_does() -> None:
    locale = locale_in(ENGLISH)
    assert locale.text("library.count", count=1) == "1 report"
    assert locale.text("library.count", count=12_000) == "12,000 reports"
    assert locale.text("about.older", version=1, current=3) == (
        "This is version 1; the library now has version 3."
    )
    assert locale_in("vi").text("library.count", count=1) == "1 báo cáo"
    assert locale_in("vi").text("library.count", count=12_000) == "12.000 báo cáo"


def test_words_of_a_document_are_put_in_as_they_are() -> None:
    assert locale_in(ENGLISH).text("removal.done", title="{count} <b>") == "Deleted “{count} <b>”."


def test_english_stands_in_for_what_a_language_lacks() -> None:
    khmer = Locale("km", {"library.delete": "លុប", "library.count.other": "{count} របាយការណ៍"})
    assert khmer.text("library.delete") == "លុប"
    assert khmer.text("library.count", count=1) == "1 របាយការណ៍"
    assert khmer.text("upload.add") == "Add files"
    with pytest.raises(KeyError, match="no such key"):
        khmer.text("no such key")


def test_gradio_is_given_each_label_in_each_language() -> None:
    given = gradio_words("chat.")
    assert list(given) == list(languages())
    assert given[ENGLISH]["chat.question"] == "Your question"
    assert {len(words) for words in given.values()} == {sum(key.startswith("chat.") for key in ENGLISH_WORDS)}
