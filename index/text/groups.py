"""Names the groups to which a row of a table belongs, from the indentation of the lines above it.

A loader writes a table's labels with the indentation of the page, two spaces a level. The rows of a group
are indented below the group's name, or have the same indentation as the name. A group of the second kind ends
at its total, or at the name of the next group of that kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import regex

from index.documents import Span
from index.text.tabular import LINE, cells, is_group

MAX_GROUP_CHARACTERS = 20_000
"""The most characters from a row up to the name of its group."""

_MAX_NAMES = 2
_MAX_LABEL_CHARACTERS = 400

_TOTAL = regex.compile(r"(?:sub-?)?totals?\b(?:\s+of\b)?", regex.IGNORECASE)
_WORD = regex.compile(r"[\p{L}\p{N}]+")


class Sliceable(Protocol):
    """A text that can be sliced like a string."""

    def __getitem__(self, span: slice, /) -> str: ...


def section_at(text: Sliceable, header: Span, start: int) -> str:
    """Return the names of the groups that contain the row at ``start``, the outermost first.

    Each name is on its own line; the result is "" if no group contains the row. Of nested groups, only the
    innermost two are named. A group is not found if its name is more than ``MAX_GROUP_CHARACTERS``
    characters above the row.

    Args:
        text: a document's canonical text.
        header: the span of the table's caption and headings.
        start: the offset of a row below the headings.
    """
    return sections_at(text, header, [start])[0]


def sections_at(text: Sliceable, header: Span, starts: Sequence[int]) -> list[str]:
    """Return, for each row, the names of the groups that contain it, as :func:`section_at` does.

    ``starts`` are the offsets of the rows: at least one, in order, and all in the same table.
    """
    first = max(header.end, starts[0] - MAX_GROUP_CHARACTERS)
    window = text[first : starts[-1] + _MAX_LABEL_CHARACTERS]
    wanted = [start - first for start in starts]
    found: list[str] = []
    groups = _OpenGroups()
    for line in LINE.finditer(window):
        if len(found) == len(wanted):
            break
        is_cut = line.start() == 0 and first > header.end
        if not line[0].strip() or (is_cut and line.end() <= wanted[0]):
            continue
        names = groups.read(line[0])
        while len(found) < len(wanted) and wanted[len(found)] < line.end():
            found.append("\n".join(names[-_MAX_NAMES:]))
    return found + [""] * (len(wanted) - len(found))


@dataclass(slots=True)
class _Group:
    """A group of rows.

    Attributes:
        name: the name of the group.
        indent: the number of spaces before the name.
        is_nested: whether the name is directly below the name of another group.
        indents: whether the group's rows are indented more than the name; None before the first row.
    """

    name: str
    indent: int
    is_nested: bool
    indents: bool | None = None

    def ends_at(self, indent: int) -> bool:
        """Return whether a line with ``indent`` spaces before it is outside the group."""
        return indent < self.indent or (self.indents is True and indent == self.indent)


class _OpenGroups:
    """The groups that are open while the lines of a table are read, from the outermost to the innermost."""

    def __init__(self) -> None:
        self._groups: list[_Group] = []

    def read(self, line: str) -> list[str]:
        """Read the next line of the table, and return the names of the groups that the line belongs to."""
        label = cells(line)[0]
        if not label:
            return [group.name for group in self._groups]
        indent = len(line) - len(line.lstrip())
        is_first = bool(self._groups) and self._groups[-1].indents is None
        if is_first and indent >= self._groups[-1].indent:
            self._read_first_row(
                self._groups[-1], indents=indent > self._groups[-1].indent, is_name=is_group(line)
            )
        groups = self._groups
        held = len(groups)
        while groups and groups[-1].ends_at(indent):
            groups.pop()
        names = [group.name for group in groups]
        if is_group(line):
            groups.append(_Group(label, indent, is_first and len(groups) == held))
        elif groups:
            self._end_at_total(label, indent, has_ended=len(groups) < held)
        return names

    def _read_first_row(self, group: _Group, *, indents: bool, is_name: bool) -> None:
        """Record whether the first line below the innermost group's name is indented.

        If it is not indented, groups may end:

        - If the line is itself a name, and the rows of the next outer group are indented, the innermost group
          ends: its name was only the label of a row without figures.
        - Otherwise, the outer groups end, except those whose name is indented less than the innermost group's
          name, and the one whose name is directly above that name.
        """
        group.indents = indents
        last = len(self._groups) - 1
        if is_name and not indents and last and self._groups[last - 1].indents:
            self._groups.pop()
        elif not indents:
            self._groups = [
                other
                for place, other in enumerate(self._groups)
                if place == last or other.indent < group.indent or (group.is_nested and place == last - 1)
            ]

    def _end_at_total(self, label: str, indent: int, *, has_ended: bool) -> None:
        """End the group that a row of totals sums up.

        A total that names an open group ends this group, with all groups inside it. Any other row can end
        only the innermost group, and only if the rows of that group are indented like the group's name. Such
        a row ends the group in two cases:

        - It is a total, and its indentation has not already ended a group (``has_ended``).
        - It is indented more than the group's name, and therefore counts as a total.
        """
        groups = self._groups
        total = _TOTAL.match(label)
        if total:
            summed = _words(label[total.end() :])
            place = next((place for place, group in enumerate(groups) if _words(group.name) == summed), None)
            if place is not None:
                del groups[place:]
            elif groups[-1].indents is False and not has_ended:
                groups.pop()
        elif groups[-1].indents is False and indent > groups[-1].indent:
            groups.pop()


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
