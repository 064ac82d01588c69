"""The colours of the page have enough contrast, light and dark (WCAG 2.2, AA)."""

from __future__ import annotations

import re
from itertools import product

import pytest

from ui.page.head import ASSETS, footnoted_theme

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


def test_contrast_is_measured_as_the_guidelines_say() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_each_ground_that_they_stand_on(scheme: str) -> None:
    colours = palettes()[scheme]
    ratios = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in PAIRS}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_that_show_a_control_stand_out_from_each_ground(scheme: str) -> None:
    colours = palettes()[scheme]
    ratios = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in product(LINES, GROUNDS)}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 3} == {}


def test_each_colour_has_a_dark_counterpart() -> None:
    style = (ASSETS / "styles" / "theme.css").read_text(encoding="utf-8")
    light, dark = (re.findall(r"(--fn-[a-z-]+):", block) for block in style.split("}")[:2])
    assert dark == light


def test_gradio_s_own_ground_and_text_are_the_palette_s() -> None:
    theme, colours = footnoted_theme(), palettes()
    for suffix, scheme in (("", "light"), ("_dark", "dark")):
        assert getattr(theme, f"body_background_fill{suffix}") == colours[scheme]["ground"]
        assert getattr(theme, f"body_text_color{suffix}") == colours[scheme]["text"]
