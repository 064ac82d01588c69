"""The commands ``backup`` and ``restore``."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli import printing
from ui.cli.options import AsJson, Home, settings_of

if TYPE_CHECKING:
    from index.catalog import BackupReport
    from ui.settings import Settings


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as library.tar.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write the library to one file. The library's server may keep running."""
    from index.catalog import back_up

    settings = settings_of(home=home)
    report = back_up(settings.home, file, _entries(), settings.database)
    _record(settings, "backup", file)
    _print_report(report, settings.uploads, as_json=as_json)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `footnoted backup` wrote.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Replace the library with a backup. The library's server may keep running.

    The replaced library is kept in another folder. The command lists the folders that the restored library
    followed before. The library does not follow a folder again until you sync the folder by name.
    """
    from index.catalog import restore as put_back
    from rag.conversations import import_feedback
    from ui.opening import open_catalog

    settings = settings_of(home=home)
    report = put_back(settings.home, file, _entries(), settings.database)
    # Print the report first: if the rest fails, it says where the replaced library is.
    _print_report(report, settings.uploads, as_json=as_json)
    with open_catalog(settings) as catalog:
        import_feedback(settings.home, catalog)
    _record(settings, "restore", file)


def _record(settings: Settings, action: str, file: Path) -> None:
    from ui.operations import record_command

    record_command(settings, action, str(file))


def _entries() -> tuple[str, ...]:
    """Return what a backup contains besides the catalog, as names of entries of the home folder.

    The entries are the folder of uploads, and the file in which older versions of the program kept feedback.
    A backup does not contain the settings, because they may contain passwords.
    """
    from index.library import UPLOADS
    from rag.conversations import FILE

    return UPLOADS, FILE


def _print_report(report: BackupReport, uploads: Path | None, *, as_json: bool) -> None:
    """Print what a backup contains, where the replaced library is, and which folders to sync by name.

    Args:
        report: the report.
        uploads: the folder of uploads if it is outside the home, and therefore in no backup; else None.
        as_json: whether to print the report alone, as JSON.
    """
    from rag.visible_text import visible

    if as_json:
        printing.print_json(asdict(report))
        return
    console = printing.standard_output()
    documents = f"{report.documents:,} document{'' if report.documents == 1 else 's'}"
    summary = f"{report.file}: {documents}, generation {report.generation}, {report.bytes:,} bytes"
    printing.print_line(console, summary)
    if uploads is not None:
        printing.print_line(
            console,
            f"The uploaded files in {uploads} are not part of it; copy or put back that folder yourself.",
        )
    if report.put_aside is not None:
        printing.print_line(
            console, f"The replaced library is in {report.put_aside}; delete it when you no longer need it."
        )
    if report.unconfirmed:
        printing.print_line(console, "It followed these folders; each is followed again once you sync it:")
    for folder in report.unconfirmed:
        printing.print_line(console, f"  footnoted sync {shlex.quote(visible(folder))}")
