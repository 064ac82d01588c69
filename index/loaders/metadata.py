"""What a document says of itself: front matter, dates, language codes, titles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from index.documents import Origin
from index.errors import LoadError, printable
from index.loaders.blocks import flow

MAX_TITLE_CHARACTERS = 120
"""A longer first line is a paragraph, not a title."""

MAX_FRONT_MATTER = 65_536
"""Characters; a parser of YAML takes a minute for some million."""

_OPENING = re.compile(r"---[ \t]*(?:\r\n|\r|\n)")
_CLOSING = re.compile(r"^---[ \t]*(?:\r\n|\r|\n|\Z)", re.MULTILINE)
_KEY = re.compile(r"[ \t]*[\w\"'-]+[ \t]*:(?:\s|$)")

_ISO_DATE = re.compile(r"([0-9]{4})(?:[-/]?([0-9]{2})(?:[-/]?([0-9]{2})(?![0-9])(?:[T ].*)?)?)?", re.DOTALL)
_WRITTEN_DATES = ("%d %B %Y", "%B %d, %Y", "%B %d %Y", "%d %b %Y", "%b %d, %Y", "%d.%m.%Y")
_WRITTEN_MONTHS = ("%B %Y", "%b %Y")
_PROGRAM = re.compile(r"\AMicrosoft (?:Word|Excel|PowerPoint) - ")
_NOT_SAID = re.compile(
    r".*\.(?:html?|xhtml|pdf|docx?|xlsx?|pptx?|rtf|odt|indd|qxd|tex|dvi|ps|txt|md)"
    r"|untitled.*|document ?\d*|powerpoint presentation|presentation ?\d*|slide 1|title|no title|home"
    r"|\(?(?:anonymous|unspecified|unknown|author|user|admin(?:istrator)?)\)?",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d_]{2}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says of itself; None where it says nothing, or nothing that can be read."""

    title: str | None = None
    publisher: str | None = None
    published: str | None = None
    language: str | None = None
    author: str | None = None

    def origins(self, title: Origin) -> dict[str, Origin]:
        """Where each was read, all in the front matter; the title, where that has none, in ``title``."""
        said = ("publisher", "published", "language", "author")
        found: dict[str, Origin] = {name: "front matter" for name in said if getattr(self, name)}
        return {"title": "front matter" if self.title else title, **found}


def split_front_matter(text: str, path: Path) -> tuple[Metadata, str]:
    """The YAML front matter of ``text``, and the body after it, character for character.

    A text has front matter if its first line is ``---``, a later one closes it, and what stands between
    are ``key: value`` lines; otherwise all of it is body.

    Raises:
        LoadError: if the front matter is not valid YAML, and then it names the line, or is too long.
    """
    opening = _OPENING.match(text)
    closing = _CLOSING.search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return Metadata(), text
    source = text[opening.end() : closing.start()]
    if not _KEY.match(source.lstrip()):
        return Metadata(), text
    if len(source) > MAX_FRONT_MATTER:
        cause = f"has front matter of {len(source):,} characters, more than the {MAX_FRONT_MATTER:,}"
        raise LoadError(path, f"{cause} that are read", "put its text below the second ---")
    values = _parse(source, path)
    return (
        Metadata(
            title=values.get("title"),
            publisher=values.get("source") or values.get("publisher"),
            published=iso_date(values.get("published") or values.get("date")),
            language=language_code(values.get("language") or values.get("lang")),
            author=values.get("author"),
        ),
        text[closing.end() :],
    )


def _parse(source: str, path: Path) -> dict[str, str]:
    """The scalars of YAML front matter, as they are written: no date, number or truth value is made."""
    import yaml
    from frontmatter.default_handlers import YAMLHandler

    remedy = "correct the lines between the two ---"
    try:
        values = YAMLHandler().load(source, Loader=yaml.BaseLoader)
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


def iso_date(written: str | None) -> str | None:
    """A date as ``YYYY-MM-DD``, or ``YYYY-MM`` or ``YYYY`` where that is all there is.

    Args:
        written: an ISO 8601 date, with or without a time, or one like ``24 July 2025``, ``July 24, 2025``
            or ``24.7.2025``. Forms whose day and month could be swapped are not read.

    Returns:
        The date, or None where there is none that can be read.
    """
    if not written:
        return None
    text = flow(written)
    iso = _ISO_DATE.fullmatch(text)
    if iso is not None:
        parts = [part for part in iso.groups() if part]
        try:
            date(*[int(part) for part in parts], *[1] * (3 - len(parts)))
        except ValueError:
            return None
        return "-".join(parts)
    return _strptime(text, _WRITTEN_DATES, "%Y-%m-%d") or _strptime(text, _WRITTEN_MONTHS, "%Y-%m")


def _strptime(text: str, forms: tuple[str, ...], as_form: str) -> str | None:
    for form in forms:
        try:
            return datetime.strptime(text, form).date().strftime(as_form)  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def language_code(written: str | None) -> str | None:
    """The primary subtag of a language tag: ``en`` of ``en-GB``; None where it is not a tag."""
    tag = _LANGUAGE.fullmatch((written or "").strip())
    return tag[1].lower() if tag and tag[1].lower() not in {"und", "mul", "zxx"} else None


def readable_property(written: str | None) -> str | None:
    """A title or name from a document's properties, or None where a program put something of its own there.

    That is the file's name, or what stands for a property that nobody filled in.
    """
    words = _PROGRAM.sub("", flow(written or ""))
    return None if not words or _NOT_SAID.fullmatch(words) else words


def title_of_name(path: Path) -> str:
    """A title from the file's name, for a document that carries none."""
    return printable(path.stem) or printable(path.name)


def title_of_line(text: str) -> str | None:
    """The first line with words, if it is short and no sentence, as a title is; else None."""
    first = next((flow(line) for line in text.splitlines() if _WORDS.search(line)), "")
    if not first or len(first) > MAX_TITLE_CHARACTERS or first[-1] in ".!?:;,…。！？；，":
        return None
    return first
