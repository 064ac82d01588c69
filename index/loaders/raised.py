"""Figures set above the line, as characters that cannot run into the words before them."""

from __future__ import annotations

_RAISED = str.maketrans("0123456789+-\N{MINUS SIGN}", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def raised(text: str) -> str:
    """Words set above the line: ``2,500`` with note ``2`` is not ``2,5002``, nor is 10⁶ ``106``.

    Letters have no raised forms that a reader would search for, and stay.
    """
    return text.translate(_RAISED)


def note_mark(written: str) -> str:
    """The mark of a note; one with letters stands in brackets, apart from the word before it."""
    return f"[{written}]" if any(map(str.isalpha, written)) else raised(written)
