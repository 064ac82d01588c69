"""The commands ``backup`` and ``restore``."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli import output
from ui.cli.options import AsJson, Home
from ui.settings import load_settings

if TYPE_CHECKING:
    from index.catalog import BackupReport


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as library.tar.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole library to one file, while it is served."""
    from index.catalog import back_up

    _show(back_up(load_settings(home=home).home, file, _beside()), as_json=as_json)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `footnoted backup` made.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of the library, while it is served; what was there is put aside.

    The folders that it follows are listed, and are followed once you sync each by its name.
    """
    from index.catalog import restore as put_back

    _show(put_back(load_settings(home=home).home, file, _beside()), as_json=as_json)


def _beside() -> tuple[str, ...]:
    """What belongs to a library beside its catalog; settings do not, since they may hold passwords."""
    from index.uploads import FOLDER
    from rag.conversations import FILE

    return FOLDER, FILE


def _show(report: BackupReport, *, as_json: bool) -> None:
    """Print what a backup holds, where what it replaced lies, and which folders are to be confirmed."""
    from rag.wording import visible

    if as_json:
        output.print_json(asdict(report))
        return
    console = output.standard_output()
    documents = f"{report.documents:,} document{'' if report.documents == 1 else 's'}"
    said = f"{report.file}: {documents}, generation {report.generation}, {report.bytes:,} bytes"
    output.print_line(console, said)
    if report.put_aside is not None:
        output.print_line(
            console, f"What was there before lies in {report.put_aside}; delete it when it is not needed."
        )
    if report.unconfirmed:
        output.print_line(console, "It followed these folders; each is followed again once you sync it:")
    for folder in report.unconfirmed:
        output.print_line(console, f"  footnoted sync {shlex.quote(visible(folder))}")
