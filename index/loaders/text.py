"""Decodes text, splits off its front matter, and reads plain text, whose wrapped lines it joins."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from pathlib import Path

import regex

from index.documents import Document
from index.errors import LoadError
from index.loaders.archive import binary_kind
from index.loaders.assembly import assemble
from index.loaders.blocks import flow, stretches
from index.loaders.lines import divided, ends_sentence, goes_on, is_one_word, known_words
from index.loaders.metadata import Properties, iso_date, language_code, title_of_line
from index.loaders.options import DEFAULTS, Options
from index.text.languages import fluency

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16-LE, whose mark begins this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Python has further codecs, and some of them are unsafe.
_DOCUMENT_ENCODINGS = re.compile(
    r"utf-8|cp\d+|iso8859|koi8|gb|big5|euc|shift_jis|iso2022|johab|mac|tis|hz|ascii"
)
# What browsers use for these names (WHATWG Encoding Standard, section 4.2).
_WEB_ALIASES = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
# The likeliest first; office and mail programs used them before UTF-8.
_LEGACY = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1258"),
)
_DAMAGED_SHARE = 0.05  # of the characters outside ASCII; more are another encoding than damaged UTF-8
_CHAOS_MARGIN = 0.02
# Scores that differ by at most this much are equal: charset-normalizer's, and the language model's.
_TIE = 0.005
_CONTROL = regex.compile(r"[\p{Cc}--[\t\n\v\f\r\x1b\x85]]", flags=regex.V1)
_CONTROL_SHARE = 0.02  # a file with a larger share of control characters is binary


def decode(data: bytes, path: Path, declared: str | None = None) -> str:
    """Line breaks stay as they are. Raises LoadError if it is binary, empty or damaged."""
    kind = binary_kind(data)
    if kind is not None:
        cause = f"is named {path.suffix} but seems to be {kind}"
        raise LoadError(path, cause, "give it the suffix of what it is")
    text = _by_mark(data, path)
    if text is None:
        text = _by_content(data, path, declared)
    if "\0" in text or len(_CONTROL.findall(text)) > _CONTROL_SHARE * len(text):
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
    """Several encodings often fit but for a few letters: the one most probably in a language is taken."""
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
    """Python's name for a declared encoding."""
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


MAX_FRONT_MATTER = 65_536  # characters: a YAML parser takes a minute for a few million
_OPENING = re.compile(r"---[ \t]*(?:\r\n|\r|\n)")
_CLOSING = re.compile(r"^---[ \t]*(?:\r\n|\r|\n|\Z)", re.MULTILINE)
_KEY = re.compile(r"[ \t]*[\w\"'-]+[ \t]*:(?:\s|$)")


def split_front_matter(text: str, path: Path) -> tuple[Properties, str]:
    """Front matter stands between two ``---``; the body is unchanged. Raises LoadError."""
    opening = _OPENING.match(text)
    closing = _CLOSING.search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return Properties(), text
    source = text[opening.end() : closing.start()]
    if not _KEY.match(source.lstrip()):
        return Properties(), text
    if len(source) > MAX_FRONT_MATTER:
        cause = f"has front matter of {len(source):,} characters, more than the limit of {MAX_FRONT_MATTER:,}"
        raise LoadError(path, cause, "put its text below the second ---")
    values = _parsed(source, path)
    return (
        Properties(
            title=values.get("title"),
            publisher=values.get("source") or values.get("publisher"),
            published=iso_date(values.get("published") or values.get("date")),
            language=language_code(values.get("language") or values.get("lang")),
            author=values.get("author"),
        ),
        text[closing.end() :],
    )


def _parsed(source: str, path: Path) -> dict[str, str]:
    """The keys are in lower case. Values that are empty or no strings, such as lists, are left out."""
    import yaml

    remedy = "correct the lines between the two ---"
    try:
        # BaseLoader gives only strings, lists and dicts: no other objects, no dates and no numbers.
        values = yaml.load(source, Loader=yaml.BaseLoader)  # noqa: S506 # nosec B506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 2}" if mark else "it"
        raise LoadError(path, f"has invalid front matter: {line}: {error.problem}", remedy) from error
    except yaml.YAMLError as error:
        raise LoadError(path, f"has invalid front matter: {flow(str(error))}", remedy) from error
    except RecursionError as error:
        raise LoadError(path, "has invalid front matter: it is nested too deeply", remedy) from error
    if not isinstance(values, dict):
        return {}
    return {
        str(key).lower(): flow(value)
        for key, value in values.items()
        if isinstance(value, str) and flow(value)
    }


MIN_WRAPPED_CHARACTERS = 45  # the narrowest width at which a program wraps lines
MAX_WRAPPED_CHARACTERS = 120  # the widest; a longer line is a whole paragraph
_MIN_COLUMN_CHARACTERS = 25  # the narrowest width of a column whose lines go on in lower case
_SHORTER_SHARE = 0.95  # of the lines are no longer than the margin: a title may be
_SPACED_SHARE = 0.9  # of the paragraphs: if as many have one line, the blank lines between say nothing
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_OWN_LINE = re.compile(
    r"\s*(?:[-–—*•·▪‣◦+>|#=~]|[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)\]:]\s)"  # items, quotes, headings
    r"|\s{4,}\S"  # indented: a new paragraph, or set out in columns
)
_ADDRESS = re.compile(r"\s*\w+://\S*\s*")
_COLUMNS = re.compile(r"\S(?:\t|\s{3,})\S")


def read_text(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    properties, body = split_front_matter(decode(data, path), path)
    if not body.strip():
        raise LoadError(path, "is empty: it holds only front matter", "save it again with its text")
    text = unwrap(body)
    return assemble(path, "text", text, properties, origin="front matter", heading=title_of_line(body))


def unwrap(text: str) -> str:
    """Each character of a line break in a paragraph becomes a space, so that offsets stay the same.

    Only the hyphen that divides a word at a line's end goes, with the break.
    """
    lines = [list(match.groups()) for match in _LINE.finditer(text)]
    known = known_words(line for line, _ in lines)
    written = [number for number, (line, _) in enumerate(lines) if line.strip()]
    paragraphs = stretches(written, lambda run, number: number - run[-1] == 1)
    apart = stand_alone(map(len, paragraphs))
    if apart:
        paragraphs = stretches(written, lambda run, number: number - run[-1] <= 2)
    for run in paragraphs:
        joined = joins([lines[number][0] for number in run], apart=apart)
        for (number, following), is_joined in zip(pairwise(run), joined, strict=True):
            end, start = lines[number][0].rstrip(), lines[following][0].lstrip()
            if is_joined and divided(end):
                lines[number : following + 1] = [
                    [end[:-1] if is_one_word(end, start, known) else end, ""],
                    *[["", ""]] * (following - number - 1),
                    [start, lines[following][1]],
                ]
            elif is_joined:
                for line in lines[number:following]:
                    line[1] = " " * len(line[1])
    return "".join(chain.from_iterable(lines))


def stand_alone(heights: Iterable[int]) -> bool:
    """Whether nearly all paragraphs have one line."""
    alone = [height == 1 for height in heights]
    return sum(alone) >= _SPACED_SHARE * len(alone)


def joins(lines: Sequence[str], *, apart: bool = False) -> list[bool]:
    """Whether each line but the last goes on in the next one: by its words, or since it reaches the margin.

    The margin is the longest line with a space. It counts if it is narrow and most lines that go on by their
    words reach it or, unless blank lines keep all lines ``apart``, most of all lines.
    """
    lengths = sorted(len(line) for line in lines if " " in line) or [0]
    margin = lengths[int(_SHORTER_SHARE * len(lengths))]
    pairs = list(pairwise(lines))
    open_ended = [_is_open(*pair) for pair in pairs]
    small = [is_open and goes_on(*pair) for is_open, pair in zip(open_ended, pairs, strict=True)]
    full = [
        is_open and len(line.rstrip()) + 1 + len(following.split(maxsplit=1)[0]) > margin
        for is_open, (line, following) in zip(open_ended, pairs, strict=True)
    ]
    wide = [len(line) >= MIN_WRAPPED_CHARACTERS for line, _ in pairs]
    broad = [len(line) >= _MIN_COLUMN_CHARACTERS for line, _ in pairs]
    surely = sum(map(all, zip(full, broad, small, strict=True)))
    if margin > MAX_WRAPPED_CHARACTERS:
        by_margin = [False] * len(pairs)
    elif 2 * surely > sum(small):
        by_margin = list(map(all, zip(full, broad, strict=True)))
    else:
        by_margin = list(map(all, zip(full, wide, strict=True)))
        if apart or 2 * sum(by_margin) <= len(pairs):
            by_margin = [False] * len(pairs)
    return [
        by_margin[number]
        or (small[number] and broad[number] and (wide[number] or divided(line.rstrip()) is not None))
        for number, (line, _) in enumerate(pairs)
    ]


def _is_open(line: str, following: str) -> bool:
    is_apart = (
        _OWN_LINE.match(following)
        or _ADDRESS.fullmatch(line)
        or _COLUMNS.search(line)
        or _COLUMNS.search(following)
    )
    return not (is_apart or ends_sentence(line.rstrip(), following))
