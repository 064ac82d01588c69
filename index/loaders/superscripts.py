"""Writes raised figures so that they do not read as part of the word or figure before them."""

from __future__ import annotations

_SUPERSCRIPTS = str.maketrans("0123456789+-\N{MINUS SIGN}", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def superscript(text: str) -> str:
    """``text`` with its figures and signs as superscripts: ``2,500²`` instead of ``2,5002``.

    Letters stay as they are, since nobody searches for superscript letters.
    """
    return text.translate(_SUPERSCRIPTS)


def note_mark(written: str) -> str:
    """The mark of a note. A mark with letters has brackets, which separate it from the word before it."""
    return f"[{written}]" if any(map(str.isalpha, written)) else superscript(written)
