"""The head of the page: its constants, styles and scripts, its strings in each language, and its colours."""

from __future__ import annotations

import json
import re
from html import unescape
from itertools import chain, product
from pathlib import Path

import babel
import pytest

import ui
from ui.page.head import (
    ADMINISTRATION_STYLES,
    ASSETS,
    CONSTANTS,
    ENGLISH,
    HEAD,
    MODULES,
    SIGN_IN_STYLES,
    STYLES,
    Locale,
    footnoted_theme,
    gradio_words,
    languages,
    locale_for,
    locale_in,
)


def test_the_head_carries_the_constants_of_the_server() -> None:
    content = re.search(r'<meta name="footnoted" content="([^"]*)">', HEAD)
    assert content is not None
    constants = json.loads(unescape(content[1]))
    assert constants == json.loads(json.dumps(CONSTANTS))
    assert constants["LANGUAGES"] == ["en", "id", "km", "vi", "zh"]
    assert constants["EXPORT_FORMATS"] == ["md", "html", "docx"]
    assert constants["JUDGEMENTS"] == ["right", "wrong", "unanswerable"]
    assert constants["MAX_QUESTION_CHARACTERS"] == 2000


def test_the_script_exports_each_constant() -> None:
    script = (ASSETS / "constants.js").read_text(encoding="utf-8")
    assert re.findall(r"^  ([A-Z_]+),$", script, re.MULTILINE) == list(CONSTANTS)


def test_the_head_names_every_style_and_every_module() -> None:
    used = {*STYLES, *SIGN_IN_STYLES, *ADMINISTRATION_STYLES}
    assert sorted(used) == sorted(path.stem for path in (ASSETS / "styles").iterdir())
    assert re.findall(r'rel="stylesheet" href="[^"]*/styles/([a-z]+)\.css"', HEAD) == list(STYLES)
    assert len(MODULES) == len(set(re.findall(r'rel="modulepreload" href="[^"]*?/([a-z0-9_/]+\.js)"', HEAD)))


ENGLISH_WORDS = locale_in(ENGLISH).words
PLURAL = re.compile(r"\.(zero|one|two|few|many|other)$")
PLACE = re.compile(r"\{(\w+)\}")

SCRIPTS = [path.read_text(encoding="utf-8") for path in ASSETS.rglob("*.js")]
PYTHON = [path.read_text(encoding="utf-8") for path in Path(ui.__file__).parent.rglob("*.py")]


def base(key: str) -> str:
    """A key without its plural form."""
    return PLURAL.sub("", key)


def asked_for() -> set[str]:
    """The keys that scripts and modules use."""
    in_scripts = re.compile(r'\b(?:t|parts)\(\s*"([\w.]+)"')
    in_modules = re.compile(r'(?:\.text|\bwords)\(\s*"([\w.]+)"')
    found = chain(
        *(in_scripts.findall(script) for script in SCRIPTS),
        *(in_modules.findall(module) for module in PYTHON),
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
    return any(f'"{key}"' in text for text in [*SCRIPTS, *PYTHON]) or any(
        re.fullmatch(each, key) for each in templates()
    )


def test_each_string_that_is_asked_for_is_there() -> None:
    assert asked_for() - {base(key) for key in ENGLISH_WORDS} == set()


def test_each_string_that_is_there_is_used() -> None:
    assert [key for key in ENGLISH_WORDS if not is_used(base(key))] == []


@pytest.mark.parametrize("language", languages())
def test_a_translation_has_the_strings_and_values_of_english_in_its_order_and_its_own_plurals(
    language: str,
) -> None:
    forms = babel.Locale.parse(language).plural_form.tags | {"other"}
    words_of = locale_in(language).words
    for key, words in words_of.items():
        form = PLURAL.search(key)
        counted = form is not None and f"{base(key)}.other" in ENGLISH_WORDS
        english = ENGLISH_WORDS[f"{base(key)}.other" if counted else key]
        assert not counted or form is None or form[1] in forms, key
        assert set(PLACE.findall(words)) - {"count"} == set(PLACE.findall(english)) - {"count"}, key
    keys = list(dict.fromkeys(map(base, words_of)))
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
    assert locale.text("removal.done", title="{count} <b>") == "Deleted “{count} <b>”."
    assert locale_in("vi").text("library.count", count=12_000) == "12.000 báo cáo"


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


GROUNDS = ("ground", "raised", "paper")
TEXTS = (
    *("text", "muted", "accent", "accent-strong", "warning"),
    *("supported", "paraphrased", "unsupported", "superseded"),
)
VERDICTS = ("supported", "paraphrased", "unsupported", "superseded")
PAIRS = (
    *product(TEXTS, GROUNDS),
    *((verdict, f"{verdict}-soft") for verdict in VERDICTS),
    *(("text", f"{verdict}-soft") for verdict in VERDICTS),
    ("text", "accent-soft"),
    ("accent", "accent-soft"),
    ("accent-strong", "accent-soft"),
    ("muted", "accent-soft"),
    ("warning", "accent-soft"),
    ("text", "mark"),
    ("text", "cell"),
    ("text", "found"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
)
LINES = ("control", "accent", "mark-edge")
"""The colours of lines that show a control or the focus."""


def palettes() -> dict[str, dict[str, str]]:
    style = (ASSETS / "styles" / "theme.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--fn-([a-z-]+): (#[0-9a-f]{6});", block)) for block in style.split("}")[:2]
    )
    return {"light": light, "dark": {**light, **dark}}


def luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(PAIRS, 4.5), (tuple(product(LINES, GROUNDS)), 3)])
def test_words_and_the_lines_of_controls_stand_out_from_each_ground(
    scheme: str, pairs: tuple[tuple[str, str], ...], least: float
) -> None:
    colours = palettes()[scheme]
    ratios = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < least} == {}


def test_each_colour_has_a_dark_counterpart() -> None:
    style = (ASSETS / "styles" / "theme.css").read_text(encoding="utf-8")
    light, dark = (re.findall(r"(--fn-[a-z-]+):", block) for block in style.split("}")[:2])
    assert dark == light


def test_gradio_s_own_ground_and_text_are_the_palette_s() -> None:
    theme, colours = footnoted_theme(), palettes()
    for suffix, scheme in (("", "light"), ("_dark", "dark")):
        assert getattr(theme, f"body_background_fill{suffix}") == colours[scheme]["ground"]
        assert getattr(theme, f"body_text_color{suffix}") == colours[scheme]["text"]
