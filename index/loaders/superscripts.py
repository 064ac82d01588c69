"""Figures above the line, written so that they cannot run into the word or figure before them."""

from __future__ import annotations

_SUPERSCRIPTS = str.maketrans("0123456789+-\N{MINUS SIGN}", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def superscript(text: str) -> str:
    """``text`` with its figures and signs as superscripts: ``2,500²`` rather than ``2,5002``.

    Letters stay as they are, since nobody searches for their raised forms.
    """
    return text.translate(_SUPERSCRIPTS)


def note_mark(written: str) -> str:
    """The mark of a note. Brackets set a mark with letters apart from the word before it."""
    return f"[{written}]" if any(map(str.isalpha, written)) else superscript(written)
