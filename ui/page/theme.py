"""The Gradio theme of the page, which sets Gradio's variables to the palette of the page's style sheet.

``assets/styles/theme.css`` defines the palette, light and dark. This module repeats the colours of the page's
background and text, because Gradio writes them into the page, where they apply before the style sheet is
loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradio.themes import Base

SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "DejaVu Sans Mono", "monospace")

_GROUND_AND_TEXT = {
    "body_background_fill": "#fbfaf8",
    "body_background_fill_dark": "#16181b",
    "body_text_color": "#1d1c1a",
    "body_text_color_dark": "#e9e6e0",
}

_PALETTE = {
    "body_text_color_subdued": "muted",
    "background_fill_primary": "ground",
    "background_fill_secondary": "raised",
    "border_color_primary": "line",
    "border_color_accent": "accent",
    "block_background_fill": "ground",
    "block_border_color": "line",
    "block_label_text_color": "muted",
    "block_title_text_color": "text",
    "input_background_fill": "raised",
    "input_background_fill_focus": "raised",
    "input_border_color": "line",
    "input_border_color_focus": "accent",
    "input_placeholder_color": "muted",
    "link_text_color": "accent",
    "link_text_color_hover": "accent-strong",
    "link_text_color_visited": "accent",
    "link_text_color_active": "accent-strong",
    "button_secondary_background_fill": "raised",
    "button_secondary_background_fill_hover": "raised",
    "button_secondary_border_color": "line",
    "button_secondary_border_color_hover": "accent",
    "button_secondary_text_color": "text",
}
"""Gradio's variables, each with the name of its palette colour without ``--fn-``."""


def footnoted_theme() -> Base:
    """Return Gradio's base theme in the colours of the palette, with system fonts only."""
    from gradio.themes import Base

    colours = {
        f"{variable}{suffix}": f"var(--fn-{colour})"
        for variable, colour in _PALETTE.items()
        for suffix in ("", "_dark")
    }
    return Base(font=SANS, font_mono=MONO).set(**_GROUND_AND_TEXT, **colours)
