"""Reads the formats of Word's runs, as far as they hide text, raise or lower it, or set its font.

A run is a stretch of text with one format. A style may be based on another one, its base style.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.loaders.word.names import W, related, switch, value

if TYPE_CHECKING:
    from docx.opc.part import Part
    from lxml.etree import _Element as Element

_MOST_BASES = 20
"""The longest chain of base styles; a longer chain is circular."""


@dataclass(frozen=True, slots=True)
class Format:
    """The format of a run. A property that is not set is None.

    Attributes:
        is_hidden: whether the run's text is hidden.
        position: ``superscript``, ``subscript`` or ``baseline``.
        font: the run's font.
    """

    is_hidden: bool | None = None
    position: str | None = None
    font: str | None = None


class Formats:
    """Finds the formats of runs (stretches of text) in the styles of a document and in the runs."""

    def __init__(self, part: Part) -> None:
        root = related(part, "styles")
        self._styles = {
            style.get(f"{W}styleId", ""): style
            for style in (root.iter(f"{W}style") if root is not None else ())
        }
        self._usual = next(
            (
                name
                for name, style in self._styles.items()
                if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in {"1", "true", "on"}
            ),
            "",
        )
        defaults = root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr") if root is not None else None
        self._defaults = _format_of(defaults)
        self._of_styles: dict[str, Format] = {}

    def of_run(self, run: Element, paragraph_style: str | None) -> Format:
        """Return the format of a run. Each property comes from the run, else from its styles or the defaults.

        Args:
            run: the run, or another element with ``w:rPr``.
            paragraph_style: the style of the run's paragraph.
        """
        properties = run.find(f"{W}rPr")
        own = _format_of(properties)
        styles = (
            self._of_style(value(properties, "rStyle") or ""),
            self._of_style(paragraph_style or self._usual),
        )
        # Text is visible if both the run's style and the paragraph's style hide it (ISO/IEC 29500-1, 17.7.3).
        hidden = own.is_hidden
        if hidden is None:
            hidden = bool(self._defaults.is_hidden) or bool(styles[0].is_hidden) != bool(styles[1].is_hidden)
        formats = (own, *styles, self._defaults)
        return Format(
            hidden,
            next((one.position for one in formats if one.position), None),
            next((one.font for one in formats if one.font), None),
        )

    def _of_style(self, name: str) -> Format:
        if name not in self._of_styles:
            self._of_styles[name] = self._inherited(name)
        return self._of_styles[name]

    def _inherited(self, name: str) -> Format:
        """Return the format of a style. Its base styles give the properties that the style does not set."""
        hidden, position, font = None, None, None
        for _ in range(_MOST_BASES):
            style = self._styles.get(name)
            if style is None:
                break
            stated = _format_of(style.find(f"{W}rPr"))
            hidden = stated.is_hidden if hidden is None else hidden
            position, font = position or stated.position, font or stated.font
            name = value(style, "basedOn") or ""
        return Format(hidden, position, font)


def _format_of(properties: Element | None) -> Format:
    if properties is None:
        return Format()
    fonts = properties.find(f"{W}rFonts")
    return Format(
        switch(properties, "vanish"),
        value(properties, "vertAlign"),
        fonts.get(f"{W}ascii") if fonts is not None else None,
    )
