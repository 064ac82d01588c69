"""The command ``migrate``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli import printing
from ui.cli.options import AsJson, Home, settings_of
from ui.cli.server import running_server
from ui.errors import UsedWronglyError
from ui.opening import MOVED, has_library, open_catalog, open_library

if TYPE_CHECKING:
    from pathlib import Path

    from index.catalog import MovedCatalog
    from index.library import Library
    from ui.settings import Settings

HOME = "home"
"""The value of ``--to`` that moves the library from a database to files in the home folder."""

_SAMPLE = 20
"""The number of searches whose results are compared."""


def migrate(
    to: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="An empty database, postgresql+psycopg://USER@HOST:5432/NAME, with the password in "
            "~/.pgpass; or home, for the file in the home folder.",
        ),
    ],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Move the library's catalog, accounts and audit log between this machine and a PostgreSQL database.

    Nothing is embedded again. The command compares all rows and the results of a sample of searches. It then
    moves the old files aside. If the library was in a database, that database stays as it is.
    """
    settings = settings_of(home=home)
    server = running_server(settings.home)
    if server is not None:
        raise UsedWronglyError(f"the server at {server.address} uses the library; stop it, then migrate")
    if not has_library(settings):
        raise UsedWronglyError(f"there is no library in {settings.home}; give the folder of one with --home")
    target = "" if to == HOME else to
    moved, searches, former_files = _move(settings, target)
    if as_json:
        printing.print_json(
            {**asdict(moved), "searches": searches, "put_aside": former_files and str(former_files)}
        )
        return
    console = printing.standard_output()
    counts = f"{moved.documents:,} documents, {moved.passages:,} passages, {moved.rows:,} rows"
    printing.print_line(console, f"{moved.target}: {counts}; {searches} searches find the same.")
    if former_files is not None:
        printing.print_line(
            console,
            f"The former files are in {former_files}; delete them when you no longer need them.",
        )
    printing.print_line(
        console,
        "Set FOOTNOTED_DATABASE_URL to this address, or database_url in footnoted.toml."
        if target
        else "Remove FOOTNOTED_DATABASE_URL and database_url from the settings.",
    )


def _move(settings: Settings, target: str) -> tuple[MovedCatalog, int, Path | None]:
    """Move the catalog, the accounts and the audit log to ``target``: a database's address, or "" for files.

    Returns:
        Three values: a report on the copied catalog; the number of searches whose results were compared; and
        the folder to which the old files were moved, or None if the library was in a database.
    """
    from pydantic import SecretStr

    from index.catalog import address_of, check_empty, check_unused, move_catalog, put_aside_catalog
    from index.errors import CatalogError
    from index.private import write_file
    from ui.accounts import ACCOUNTS
    from ui.operations import AUDIT, record_command

    own_tables = (ACCOUNTS, AUDIT)
    check_unused(settings.home, settings.database)
    if address_of(settings.home, settings.database) != address_of(settings.home, target):
        # Check this before anything is copied, so that a refusal leaves nothing behind.
        check_empty(settings.home, target)
        for tables in own_tables:
            tables.check_empty(settings.home, target)
    before = _searched(settings)
    moved = move_catalog(settings.home, settings.database, target)
    at_target = settings.model_copy(update={"database_url": SecretStr(target) if target else None})
    if _searched(at_target) != before:
        raise CatalogError(
            f"searches in {moved.target} have other results than before the move; the library stays "
            "where it was: report this error, and drop that database"
        )
    with open_catalog(settings) as former:
        if former.generation() != moved.generation:
            raise CatalogError(
                f"the library has changed since it was copied to {moved.target}, and stays where it was: "
                "stop all programs that write to it, drop that database, and migrate again"
            )
    for tables in own_tables:
        tables.copy(settings.home, settings.database, target)
    mark = settings.home / MOVED
    former_files = None
    if target:
        write_file(mark, f"{moved.target}\n")
        former_files = put_aside_catalog(settings.home, [tables.file for tables in own_tables])
    else:
        mark.unlink(missing_ok=True)
    record_command(at_target, "migrate", moved.target)
    return moved, len(before), former_files


def _searched(settings: Settings) -> list[tuple[str, list[tuple[int, float]]]]:
    """Search the library for each sentence of :func:`_queries`.

    Returns:
        For each sentence, the sentence and a list of the passages found, each as its id and its score.
    """
    with open_library(settings, allow_other_model=True) as index:
        return [
            (query, [(hit.chunk_id, hit.score) for hit in index.search(query)]) for query in _queries(index)
        ]


def _queries(index: Library) -> list[str]:
    """Return the first sentence of each of up to ``_SAMPLE`` passages, which are spread over the library."""
    with index.catalog.reading() as reader:
        numbers = reader.chunk_mask(reader.last_chunk()).nonzero()[0].tolist()
        spread = {numbers[len(numbers) * part // _SAMPLE] for part in range(_SAMPLE)} if numbers else set()
        passages = list(reader.passages(spread))
    return [
        passage.text[: passage.sentences[0].end - passage.span.start] if passage.sentences else passage.text
        for passage in passages
    ]
