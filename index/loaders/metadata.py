"""Finds the title, author, publisher, date and language of a document, and makes the Document."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import regex

from index.documents import KEYS, MAX_COLLECTION_CHARACTERS, Detail, Document, Origin, sidecar_of
from index.errors import LoadError, printable
from index.loaders.blocks import flow
from index.text.likeness import without_unseen

MAX_TITLE_CHARACTERS = 120  # a longer first line is a paragraph
_ISO_DATE = re.compile(r"([0-9]{4})(?:[-/]?([0-9]{2})(?:[-/]?([0-9]{2})(?![0-9])(?:[T ].*)?)?)?", re.DOTALL)
_WRITTEN_DATES = ("%d %B %Y", "%B %d, %Y", "%B %d %Y", "%d %b %Y", "%b %d, %Y", "%d.%m.%Y")
_WRITTEN_MONTHS = ("%B %Y", "%b %Y")
# ``2031-07-18``, ``20310718``, ``2031_07`` or ``2031``. A date that begins with the day does not match, since
# the first number could be the month.
_DATE_IN_NAME = regex.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})(?:(?P<mark>[-_. ]?)(?P<month>0[1-9]|1[0-2])"
    r"(?:(?P=mark)(?P<day>0[1-9]|[12]\d|3[01]))?)?(?!\d)"
)
_PROGRAM = re.compile(r"\AMicrosoft (?:Word|Excel|PowerPoint) - ")
_PLACEHOLDER = re.compile(
    r".*\.(?:html?|xhtml|pdf|docx?|xlsx?|pptx?|rtf|odt|indd|qxd|tex|dvi|ps|txt|md)"
    r"|untitled.*|document ?\d*|powerpoint presentation|presentation ?\d*|slide 1|title|no title|home"
    r"|\(?(?:anonymous|unspecified|unknown|author|user|admin(?:istrator)?)\)?",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d_]{2}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")


@dataclass(frozen=True, slots=True)
class Properties:
    """``publisher`` is the organisation, ``author`` the person; ``published`` may be ``YYYY-MM``.

    ``written`` is the day of the file's writing, which is never shown.
    """

    title: str | None = None
    publisher: str | None = None
    published: str | None = None
    language: str | None = None
    author: str | None = None
    written: str | None = None


NO_PROPERTIES = Properties()


def with_date(document: Document, path: Path) -> Document:
    """The file's name may give it; the day on which a file was written says nothing."""
    named = date_of_name(path.stem) if document.published is None else None
    if named is None:
        return document
    return replace(document, published=named, origins={**document.origins, "published": "file name"})


def date_of_name(name: str) -> str | None:
    """The most exact date counts, then the first; a plan for 2035 was not published in 2035."""
    today = datetime.now(UTC).date()
    found: list[str] = []
    for match in _DATE_IN_NAME.finditer(name):
        parts = [part for part in match.group("year", "month", "day") if part]
        first = _first_day(parts)
        if first is not None and first <= today:
            found.append("-".join(parts))
    return max(found, key=len, default=None)


def _first_day(parts: list[str]) -> date | None:
    """A missing month or day counts as 1; None if the calendar has no such date."""
    try:
        return date(*[int(part) for part in parts], *[1] * (3 - len(parts)))
    except ValueError:
        return None


def iso_date(written: str | None) -> str | None:
    """Reads ISO 8601 or such as ``24 July 2025`` and ``24.7.2025``; day and month must be clear."""
    if not written:
        return None
    text = flow(written)
    iso = _ISO_DATE.fullmatch(text)
    if iso is not None:
        parts = [part for part in iso.groups() if part]
        return "-".join(parts) if _first_day(parts) is not None else None
    return _strptime(text, _WRITTEN_DATES, "%Y-%m-%d") or _strptime(text, _WRITTEN_MONTHS, "%Y-%m")


def _strptime(text: str, forms: tuple[str, ...], as_form: str) -> str | None:
    for form in forms:
        try:
            return datetime.strptime(text, form).date().strftime(as_form)  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def language_code(written: str | None) -> str | None:
    """``en`` for ``en-GB``; None if the tag names no language."""
    tag = _LANGUAGE.fullmatch((written or "").strip())
    return tag[1].lower() if tag and tag[1].lower() not in {"und", "mul", "zxx"} else None


def readable_property(written: str | None) -> str | None:
    """Without ``Microsoft Word - ``; None for a placeholder or only a file name."""
    words = _PROGRAM.sub("", flow(written or ""))
    return None if not words or _PLACEHOLDER.fullmatch(words) else words


def title_of_name(path: Path) -> str:
    return printable(path.stem) or printable(path.name)


def title_of_line(text: str) -> str | None:
    """None if it is long, or ends like a sentence."""
    first = next((flow(line) for line in text.splitlines() if _WORDS.search(line)), "")
    if not first or len(first) > MAX_TITLE_CHARACTERS or first[-1] in ".!?:;,…。！？；，":
        return None
    return first


_MAX_BYTES = 65_536
_REMEDY = "correct the sidecar, or remove it"
# O_NONBLOCK: opening a pipe must not wait for a writer. No system has all of these flags.
_FLAGS = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


def checked_details(path: Path, values: Mapping[str, str], origin: Origin) -> dict[str, Detail]:
    """Raises LoadError for an unknown key, or a date, language or collection that is not valid."""
    seen = {key: without_unseen(value) if key == "collection" else value for key, value in values.items()}
    given = {key: flow(value) for key, value in seen.items() if flow(value)}
    for key in given:
        if key not in KEYS:
            raise LoadError(path, f"has an unknown detail {key!r}", f"use only {', '.join(KEYS)}")
    for key, read, kind, remedy in (
        ("published", iso_date, "date", "write 2031-07-18, 2031-07 or 2031"),
        ("language", language_code, "language code", "write a code such as en or km"),
    ):
        if key in given:
            value = read(given[key])
            if value is None:
                raise LoadError(path, f"has the detail {key}: {given[key]!r}, which is not a {kind}", remedy)
            given[key] = value
    length = len(given.get("collection", ""))
    if length > MAX_COLLECTION_CHARACTERS:
        cause = f"has a collection name of {length:,} characters"
        raise LoadError(path, cause, f"use at most {MAX_COLLECTION_CHARACTERS} characters")
    return {key: Detail(value, origin) for key, value in given.items()}


def read_sidecar(path: Path) -> dict[str, Detail]:
    """Raises LoadError for a link, which may lead out of the folder, and for invalid content."""
    import yaml

    data = sidecar_content(path)
    if data is None:
        return {}
    if len(data) > _MAX_BYTES:
        raise LoadError(path, f"has a sidecar of more than {_MAX_BYTES:,} bytes", _REMEDY)
    try:
        # BaseLoader gives only strings, lists and dicts: no other objects, no dates and no numbers.
        values = yaml.load(data, Loader=yaml.BaseLoader)  # noqa: S506 # nosec B506
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise LoadError(path, f"has a sidecar that is not YAML: {flow(str(error))[:200]}", _REMEDY) from error
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise LoadError(path, "has a sidecar that is not lines of key: value", _REMEDY)
    return checked_details(path, {str(key): value for key, value in values.items()}, "sidecar")


def sidecar_content(path: Path) -> bytes | None:
    """None without a sidecar. One byte more than the limit is read, which tells that it is too large."""
    sidecar = sidecar_of(path)
    try:
        if stat.S_ISREG(sidecar.lstat().st_mode):
            # O_NOFOLLOW refuses a link that another program creates after the check above.
            with os.fdopen(os.open(sidecar, _FLAGS), "rb") as file:
                if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        cause = f"has a sidecar that cannot be read: {error.strerror or error}"
        raise LoadError(path, cause, _REMEDY) from error
    cause = "has a sidecar that is a link or not a file"
    raise LoadError(path, cause, "put the sidecar itself beside the file")
