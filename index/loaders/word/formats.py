"""How runs of Word are formatted, as far as it changes what a reader sees: hidden, raised, in symbols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.loaders.word.names import W, related, switch, value

if TYPE_CHECKING:
    from docx.opc.part import Part
    from lxml.etree import _Element as Element

_MOST_BASES = 20
"""A style is based on another, and this on a third; more than so many were made to go round."""


@dataclass(frozen=True, slots=True)
class Format:
    """What properties say of words; None where they do not say.

    Attributes:
        is_hidden: whether they are not shown.
        position: ``superscript``, ``subscript`` or ``baseline``.
        font: the font of their letters.
    """

    is_hidden: bool | None = None
    position: str | None = None
    font: str | None = None


class Formats:
    """The formats of runs, by the styles of a document and by what is set in the runs themselves."""

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
        self._defaults = _said(defaults)
        self._of_styles: dict[str, Format] = {}

    def of_run(self, run: Element, paragraph_style: str | None) -> Format:
        """The format of a run.

        Args:
            run: the element, or another that has ``w:rPr``.
            paragraph_style: the style of its paragraph.
        """
        properties = run.find(f"{W}rPr")
        own = _said(properties)
        styles = (
            self._of_style(value(properties, "rStyle") or ""),
            self._of_style(paragraph_style or self._usual),
        )
        # What several styles hide is shown again (ISO/IEC 29500-1, 17.7.3).
        hidden = own.is_hidden
        if hidden is None:
            hidden = bool(self._defaults.is_hidden) or bool(styles[0].is_hidden) != bool(styles[1].is_hidden)
        said = (own, *styles, self._defaults)
        return Format(
            hidden,
            next((one.position for one in said if one.position), None),
            next((one.font for one in said if one.font), None),
        )

    def _of_style(self, name: str) -> Format:
        if name not in self._of_styles:
            self._of_styles[name] = self._inherited(name)
        return self._of_styles[name]

    def _inherited(self, name: str) -> Format:
        """What a style and those that it is based on say."""
        hidden, position, font = None, None, None
        for _ in range(_MOST_BASES):
            style = self._styles.get(name)
            if style is None:
                break
            said = _said(style.find(f"{W}rPr"))
            hidden = said.is_hidden if hidden is None else hidden
            position, font = position or said.position, font or said.font
            name = value(style, "basedOn") or ""
        return Format(hidden, position, font)


def _said(properties: Element | None) -> Format:
    if properties is None:
        return Format()
    fonts = properties.find(f"{W}rFonts")
    return Format(
        switch(properties, "vanish"),
        value(properties, "vertAlign"),
        fonts.get(f"{W}ascii") if fonts is not None else None,
    )
