"""Words of documents and of persons, written so that no view reads them as structure.

Every character that Markdown, HTML or a formula renderer could read as structure is written as a numeric
character reference, which all of them show as the character itself.
"""

from __future__ import annotations

from unicodedata import category

_WHITESPACE = frozenset("\t\n\r")


def escape(text: str) -> str:
    """``text`` so that Markdown and HTML show it as it is, in running text and in attributes.

    Control characters have no place in HTML and are shown as U+FFFD.
    """
    return "".join(map(_escape_character, text))


def _escape_character(character: str) -> str:
    if category(character) == "Cc" and character not in _WHITESPACE:
        return "\N{REPLACEMENT CHARACTER}"
    if character.isalnum() or character == " " or not character.isascii():
        return character
    return f"&#{ord(character)};"
