"""YAML front matter: the lines between two ``---`` at the start of a text."""

from __future__ import annotations

import re
from pathlib import Path

from index.errors import LoadError
from index.loaders.blocks import flow
from index.loaders.metadata import Properties, iso_date, language_code

MAX_FRONT_MATTER = 65_536
"""The most characters of front matter: a YAML parser takes a minute for a few million characters."""

_OPENING = re.compile(r"---[ \t]*(?:\r\n|\r|\n)")
_CLOSING = re.compile(r"^---[ \t]*(?:\r\n|\r|\n|\Z)", re.MULTILINE)
_KEY = re.compile(r"[ \t]*[\w\"'-]+[ \t]*:(?:\s|$)")


def split_front_matter(text: str, path: Path) -> tuple[Properties, str]:
    """Split a text into the details in its front matter and its body, which is unchanged.

    A text has front matter if its first line and a later line are ``---``, with ``key: value`` lines between
    the two. Otherwise all details are None, and the whole text is the body.

    Raises:
        LoadError: if the front matter is too long or is not valid YAML; the error names the line.
    """
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
    """Return the keys of the front matter, in lower case, with their values.

    Values that are empty or are not strings, such as lists, are left out.
    """
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
