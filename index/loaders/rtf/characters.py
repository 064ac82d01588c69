"""Collects the text of each part (body, note, header) of an RTF file. The text stays in RTF's notation.

Characters of symbol fonts become the Unicode characters that look the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.loaders.rtf.marks import Part, Parts, mark
from index.loaders.rtf.words import LEAD_BYTES, TWO_BYTE_PAGES, TWO_BYTES
from index.loaders.superscripts import superscript
from index.loaders.symbols import in_font, is_symbol_font, sign

_BEYOND_ASCII = re.compile(r"[\x80-\xff]")


def _byte(raw: re.Match[str]) -> str:
    return f"\\'{ord(raw[0]):02x}"


@dataclass(slots=True)
class Group:
    """The state inside a group of RTF, which ends with the group.

    Attributes:
        part: the part that receives the group's text; None if the text is not read.
        name: the group's destination (the kind of its content), if the reader needs to know it; else empty.
        is_optional: whether the group began with ``*``, the mark of groups that older programs skip.
        font: the number of the font.
        substitutes: the number of substitute characters (only older programs show them) after a character
            that is written as its number.
        is_hidden: whether text is hidden.
        is_deleted: whether a revision deleted the text.
        is_raised: whether text is raised above the line.
        in_table: whether the paragraph belongs to a cell.
        level: the level of the paragraph as a heading, from 0; None for body text.
        label_of: if the group has the number or bullet of a list item, the part with that item; else None.
    """

    part: Part | None
    name: str = ""
    is_optional: bool = False
    font: str = ""
    substitutes: int = 1
    is_hidden: bool = False
    is_deleted: bool = False
    is_raised: bool = False
    in_table: bool = False
    level: int | None = None
    label_of: Part | None = None


class Characters:
    """Adds the characters of an RTF file to its parts (body, notes, headers).

    Attributes:
        parts: the parts read so far.
        group: the innermost group of the file that is still open.
    """

    def __init__(self) -> None:
        self.parts = Parts()
        self.group = Group(self.parts.body)
        self._is_lead = False
        self._substitutes_left = 0

    def interrupt(self) -> None:
        """End a run of characters: the next one is neither a substitute nor the second byte of a character.

        A substitute follows a character that the file gives by its number. Older programs, which ignore the
        number, show the substitute.
        """
        self._is_lead, self._substitutes_left = False, 0

    def put(self, rtf: str) -> None:
        """Add characters, given as RTF, to the open group's part. Hidden and deleted text is left out."""
        group, part = self.group, self.group.part
        if part is None or group.is_hidden or group.is_deleted or not rtf:
            return
        if part.font != group.font:
            part.font = group.font
            part.pieces.append(f"\\f{group.font} ")
        if part.substitutes != group.substitutes:
            part.substitutes = group.substitutes
            part.pieces.append(f"\\uc{group.substitutes} ")
        part.pieces.append(rtf)

    def put_byte(self, code: str) -> None:
        """Add one byte of a character, given in hexadecimal."""
        if self._is_symbol():
            self.put_text(chr(int(code, 16)))
            return
        self._is_lead = not self._is_lead and self._in_two_bytes() and int(code, 16) in LEAD_BYTES
        self.put(f"\\'{code}")

    def put_text(self, text: str) -> None:
        """Add characters. The first of them may be the second byte of a two-byte character."""
        if self._is_symbol():
            substitutes, self._substitutes_left = (
                self._substitutes_left,
                max(self._substitutes_left - len(text), 0),
            )
            self.write(in_font(text[substitutes:], self._font))
            return
        if self._is_lead and text:
            self._is_lead = False
            self.put(f"\\'{ord(text[0]):02x}")
            text = text[1:]
        if self.group.is_raised:
            self.put("".join(map(self._raised, text)))
        else:
            self.put(_BEYOND_ASCII.sub(_byte, text))

    def _raised(self, character: str) -> str:
        """Return the RTF of a raised character: a digit, ``+`` or ``-`` becomes a superscript.

        A substitute, which only older programs show, stays as it is.
        """
        if self._substitutes_left:
            self._substitutes_left -= 1
            return _BEYOND_ASCII.sub(_byte, character)
        return (
            mark(superscript(character))
            if character in "0123456789+-"
            else _BEYOND_ASCII.sub(_byte, character)
        )

    @property
    def _font(self) -> str | None:
        return self.parts.fonts.get(self.group.font)

    def _is_symbol(self) -> bool:
        return self.group.part is not None and is_symbol_font(self._font)

    def write(self, text: str) -> None:
        """Add characters by their Unicode numbers, which mean the same in every font."""
        self.put("".join(map(mark, text)))

    def put_number(self, number: int) -> None:
        """Add a character that the file gives by its Unicode number."""
        self._substitutes_left = self.group.substitutes
        code = number & 0xFFFF if number < 0 else number
        if 0xF020 <= code <= 0xF0FF or (self._is_symbol() and 0x20 <= code <= 0xFF):
            number = ord(sign(code, self._font))
        self.put(mark(chr(number & 0xFFFF)) if self._is_symbol() else f"\\u{number} ")

    def _in_two_bytes(self) -> bool:
        """Return whether characters of the current font may take two bytes."""
        charset = self.parts.charsets.get(self.group.font)
        return charset in TWO_BYTES if charset else self.parts.encoding[1] in TWO_BYTE_PAGES
