"""Decodes text files.

The encoding is the first of these that applies: the one that a byte order mark names, UTF-8, the one that the
document declares, or the likeliest one. If all bytes are ASCII, the declared encoding comes before UTF-8,
because encodings such as ISO-2022-JP use only such bytes.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

import regex

from index.errors import LoadError
from index.loaders.magic import binary_kind
from index.text.languages import fluency

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16-LE, whose mark begins this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_DOCUMENT_ENCODINGS = re.compile(
    r"utf-8|cp\d+|iso8859|koi8|gb|big5|euc|shift_jis|iso2022|johab|mac|tis|hz|ascii"
)
"""Encodings that a document may declare. Python has further codecs, and some of them are unsafe."""

_WEB_ALIASES = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
"""The encodings that browsers use for these names (WHATWG Encoding Standard, section 4.2)."""

_LEGACY = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1258"),
)
"""The encodings to try in a guess, the likeliest first. Office and mail programs used them before UTF-8."""

_DAMAGED_SHARE = 0.05
"""A file counts as damaged UTF-8, and not as text in another encoding, if at most this share of its
characters outside ASCII cannot be decoded."""

_CHAOS_MARGIN = 0.02
_TIE = 0.005
"""Two scores count as equal if they differ by at most this much. ``_CHAOS_MARGIN`` is for the scores of
charset-normalizer, ``_TIE`` for those of the language model."""

_CONTROL = regex.compile(r"[\p{Cc}--[\t\n\v\f\r\x1b\x85]]", flags=regex.V1)

_CONTROL_SHARE = 0.02
"""A file with a larger share of control characters is binary."""


def decode(data: bytes, path: Path, declared: str | None = None) -> str:
    """Decode ``data``. The text has no byte order mark; line breaks stay as they are.

    Args:
        data: the file's content.
        path: the file, for messages.
        declared: the encoding that the document declares, if any.

    Raises:
        LoadError: if the content is binary, empty or damaged UTF-8, or if no encoding fits it.
    """
    kind = binary_kind(data)
    if kind is not None:
        raise LoadError(
            path, f"is named {path.suffix} but seems to be {kind}", "give it the suffix of what it is"
        )
    text = _by_mark(data, path)
    if text is None:
        text = _by_content(data, path, declared)
    controls = len(_CONTROL.findall(text))
    if "\0" in text or controls > _CONTROL_SHARE * len(text):
        raise LoadError(path, "is binary, not text", "convert it to a supported format")
    if not text.strip():
        raise LoadError(path, "is empty: it holds only white space", "save it again with its text")
    return text


def _by_mark(data: bytes, path: Path) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                place = f"byte {error.start + len(mark)} is not"
                cause = f"cannot be decoded: it begins as {encoding.upper()} and {place}"
                raise LoadError(path, cause, "save it again as UTF-8") from error
    return None


def _by_content(data: bytes, path: Path, declared: str | None) -> str:
    utf8 = _decoded(data, "utf-8")
    if utf8 is not None and not (declared and utf8.isascii()):
        return utf8
    named = _decoded(data, _known(declared)) if declared else None
    text = named if named is not None else utf8
    if text is not None:
        return text
    if b"\0" in data:
        raise LoadError(path, "is binary, not text", "convert it to a supported format")
    return _by_guess(data, path)


def _by_guess(data: bytes, path: Path) -> str:
    """Decode ``data`` in the likeliest encoding.

    charset-normalizer often finds several encodings whose texts differ in a few letters. Of these texts, this
    function returns the one that is most probably in a natural language.
    """
    damaged = data.decode("utf-8", "replace")
    if damaged.count("\ufffd") <= _DAMAGED_SHARE * sum(character > "\x7f" for character in damaged):
        at = damaged.encode("utf-8", "replace").find("\ufffd".encode())
        raise LoadError(path, f"cannot be decoded: it is UTF-8, but damaged at byte {at}", "save it again")
    from charset_normalizer import from_bytes

    matches = list(from_bytes(data, cp_isolation=list(_LEGACY)))
    if not matches:
        raise LoadError(path, "cannot be decoded: no encoding fits its bytes", "save it again as UTF-8")
    least = min(match.chaos for match in matches)
    texts = {match.encoding: str(match) for match in matches if match.chaos <= least + _CHAOS_MARGIN}
    fluent = {encoding: fluency(text) for encoding, text in texts.items()}
    most = max(fluent.values())
    likely = [encoding for encoding in _LEGACY if fluent.get(encoding, -1.0) >= most - _TIE]
    return texts[likely[0]]


def _known(label: str) -> str | None:
    """Return Python's name for the encoding ``label``; None if a document may not declare this encoding."""
    try:
        name = codecs.lookup(label.strip()).name
    except (LookupError, ValueError):
        return None
    name = _WEB_ALIASES.get(name, name)
    return name if _DOCUMENT_ENCODINGS.match(name) else None


def _decoded(data: bytes, encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
