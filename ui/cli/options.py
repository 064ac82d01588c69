"""Options of several commands, and their values. It imports nothing slow, so that ``ask`` is fast."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.records import Filters
from ui.errors import UsedWronglyError
from ui.words import CONVERSATION_ID, MAX_ID, is_iso_date

if TYPE_CHECKING:
    from ui.settings import Settings

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", metavar="DIR", help="The library's folder (or FOOTNOTED_HOME).", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="Maximum number of passages.")]


def _iso_date(option: typer.CallbackParam, value: str | None) -> str | None:
    if value is not None and not is_iso_date(value):
        raise UsedWronglyError(f"{option.opts[0]} is {value!r}; write 2031-07-18, 2031-07 or 2031")
    return value


def _numbers(option: typer.CallbackParam, values: list[int] | None) -> list[int] | None:
    for value in values or ():
        if not 0 < value <= MAX_ID:
            remedy = "give the document_id that “footnoted search --json” prints"
            raise UsedWronglyError(f"{option.opts[0]} is {value}; {remedy}")
    return values


def _any_of(option: str, metavar: str, what: str) -> Any:  # noqa: ANN401 (typer's own)
    return typer.Option(option, metavar=metavar, help=f"Only reports {what}; may be repeated.")


def _date(option: str, what: str) -> Any:  # noqa: ANN401 (typer's own)
    return typer.Option(
        option, metavar="DATE", callback=_iso_date, help=f"Only reports published {what} this date."
    )


Documents = Annotated[
    list[int] | None,
    typer.Option(
        "--document",
        metavar="ID",
        callback=_numbers,
        help="Only the report with this document_id; may be repeated.",
    ),
]
Publishers = Annotated[list[str] | None, _any_of("--publisher", "NAME", "of this publisher")]
Languages = Annotated[list[str] | None, _any_of("--language", "CODE", "in this language, such as en")]
Collections = Annotated[list[str] | None, _any_of("--collection", "NAME", "of this collection")]
Kinds = Annotated[list[str] | None, _any_of("--kind", "KIND", "of this kind of file, such as pdf or docx")]
PublishedBefore = Annotated[str | None, _date("--published-before", "before")]
PublishedAfter = Annotated[str | None, _date("--published-after", "after")]


def _conversation(option: typer.CallbackParam, value: str | None) -> str | None:
    if value is not None and re.fullmatch(CONVERSATION_ID, value) is None:
        remedy = "give a conversation_id that “footnoted ask --json” prints"
        raise UsedWronglyError(f"{option.opts[0]} is {value!r}; {remedy}")
    return value


Conversation = Annotated[
    str | None,
    typer.Option(
        "--conversation",
        metavar="ID",
        callback=_conversation,
        help="Follow up on this conversation: the conversation_id of an answer.",
    ),
]
Exact = Annotated[
    bool,
    typer.Option("--exact", help="Search for the question as typed, without correcting its spelling."),
]
Passages = Annotated[
    int, typer.Option("--passages", min=1, max=100, help="If there is no answer: passages to list.")
]


def filters_of(
    documents: Iterable[int] | None,
    publishers: Iterable[str] | None,
    languages: Iterable[str] | None,
    collections: Iterable[str] | None,
    *,
    kinds: Iterable[str] | None,
    dates: tuple[str | None, str | None],
) -> Filters:
    """Return the filters of a command's options; ``dates`` are ``--published-before`` and ``-after``."""
    before, after = dates
    return Filters(
        tuple(documents or ()),
        _words(publishers),
        _words(languages),
        _words(collections),
        _words(kinds),
        before,
        after,
    )


def as_utf8(words: str) -> str:
    """Replace each byte that is not valid UTF-8, which Python decodes to a lone surrogate, by ``?``."""
    return words.encode("utf-8", "replace").decode()


def _words(values: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(map(as_utf8, values or ()))


def read_secret(file: Path, option: str) -> str:
    """``-`` is standard input. Raises UsedWronglyError if the file's first line is blank or unreadable."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or "it is not text"
        raise UsedWronglyError(
            f"the file {str(file)!r} of {option} cannot be read: {cause}; correct {option}"
        ) from error
    secret = text.partition("\n")[0].removesuffix("\r")
    if not secret.strip():
        raise UsedWronglyError(f"the first line of {str(file)!r} is blank; write the secret there")
    return secret


def type_secret(prompt: str, option: str) -> str:
    """Raises UsedWronglyError if there is no terminal."""
    if not sys.stdin.isatty():
        raise UsedWronglyError(f"there is no terminal on which to type it; give {option}")
    return getpass(prompt)


def settings_of(home: Path | None, **options: Path | str | int | bool | None) -> Settings:
    """Options override the environment. Raises SettingsError, or UsedWronglyError for a moved library."""
    from ui.opening import check_not_moved
    from ui.settings import load_settings

    settings = load_settings(home=home, **options)
    check_not_moved(settings)
    return settings
