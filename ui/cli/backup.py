"""The commands ``backup`` and ``restore``."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli import printing
from ui.cli.options import AsJson, Home
from ui.settings import load_settings

if TYPE_CHECKING:
    from index.catalog import BackupReport


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as library.tar.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write the library to one file. Its server may keep running."""
    from index.catalog import back_up

    _print_report(back_up(load_settings(home=home).home, file, _entries()), as_json=as_json)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `footnoted backup` wrote.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Replace the library by a backup. Its server may keep running; the replaced library is kept aside.

    The command lists the folders that the backup followed. Each is followed again once you sync it by name.
    """
    from index.catalog import restore as put_back

    _print_report(put_back(load_settings(home=home).home, file, _entries()), as_json=as_json)


def _entries() -> tuple[str, ...]:
    """The entries of a backup beside the catalog; not the settings, since they may have passwords."""
    from index.uploads import FOLDER
    from rag.conversations import FILE

    return FOLDER, FILE


def _print_report(report: BackupReport, *, as_json: bool) -> None:
    """Print the contents of a backup, the place of the replaced library, and the folders to confirm."""
    from rag.visible_text import visible

    if as_json:
        printing.print_json(asdict(report))
        return
    console = printing.standard_output()
    documents = f"{report.documents:,} document{'' if report.documents == 1 else 's'}"
    summary = f"{report.file}: {documents}, generation {report.generation}, {report.bytes:,} bytes"
    printing.print_line(console, summary)
    if report.put_aside is not None:
        printing.print_line(
            console, f"The replaced library is in {report.put_aside}; delete it when you no longer need it."
        )
    if report.unconfirmed:
        printing.print_line(console, "It followed these folders; each is followed again once you sync it:")
    for folder in report.unconfirmed:
        printing.print_line(console, f"  footnoted sync {shlex.quote(visible(folder))}")
