"""Word's fields, each of which has a hidden code and a visible result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.loaders.word.names import W, integer, switch, value

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_CHECKED, _UNCHECKED = "☒", "☐"


class Fields:
    """Tracks the fields that are open at the current point of the text. Fields may be nested."""

    def __init__(self) -> None:
        self._in_code: list[bool] = []

    @property
    def is_code(self) -> bool:
        """Return whether text at the current point is part of a field's code."""
        return any(self._in_code)

    def read_mark(self, mark: Element) -> str:
        """Open a field, begin a field's result, or close a field, depending on the element ``mark``.

        At the start of a form control, return the control's text; otherwise return an empty string.
        """
        kind = mark.get(f"{W}fldCharType")
        if kind == "begin":
            shown = "" if self.is_code else _control(mark)
            self._in_code.append(True)
            return shown
        if kind == "separate" and self._in_code:
            self._in_code[-1] = False
        elif kind == "end" and self._in_code:
            self._in_code.pop()
        return ""

    def end_paragraph(self) -> None:
        """End all field codes, since a damaged code without an end must not hide the rest of the document."""
        self._in_code = [False] * len(self._in_code)


def _control(mark: Element) -> str:
    """Return the text of a form control, or "" for another field.

    Check boxes and drop-down lists have no field result, so their text comes from their settings.
    """
    form_field = mark.find(f"{W}ffData")
    box = form_field.find(f"{W}checkBox") if form_field is not None else None
    if box is not None:
        checked = switch(box, "checked")
        return _CHECKED if (switch(box, "default") if checked is None else checked) else _UNCHECKED
    choice = form_field.find(f"{W}ddList") if form_field is not None else None
    if choice is None:
        return ""
    entries = [entry.get(f"{W}val", "") for entry in choice.iter(f"{W}listEntry")]
    chosen = integer(value(choice, "result") or value(choice, "default"), 0)
    return entries[chosen] if chosen < len(entries) else ""
