"""Writes raised digits as superscripts, so that they do not read as part of the preceding word or number."""

from __future__ import annotations

_SUPERSCRIPTS = str.maketrans("0123456789+-\N{MINUS SIGN}", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def superscript(text: str) -> str:
    """Write the digits and signs of ``text`` as superscripts: ``2,500²`` instead of ``2,5002``.

    Letters stay as they are, since nobody searches for superscript letters.
    """
    return text.translate(_SUPERSCRIPTS)


def note_mark(written: str) -> str:
    """Write the mark of a note: with superscript digits or, if the mark has letters, in brackets.

    The brackets separate the mark from the word before it.
    """
    return f"[{written}]" if any(map(str.isalpha, written)) else superscript(written)
