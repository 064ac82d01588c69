"""The command ``audit``, and the record that a sync adds to the audit log."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli import printing
from ui.cli.options import AsJson, Home, settings_of
from ui.errors import UsedWronglyError

if TYPE_CHECKING:
    from index.library import Library
    from ui.settings import Settings


def audit(
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=100_000, help="How many records at most.")
    ] = 50,
    *,
    who: Annotated[
        str | None, typer.Option("--who", metavar="NAME", help="Only those of this user, token or account.")
    ] = None,
    action: Annotated[
        str | None, typer.Option("--action", metavar="PART", help="Only actions with these characters.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only from this date on, in UTC.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List who changed what, who signed in and who was refused, the latest record first."""
    from ui.operations import AuditLog

    start = None if since is None else _seconds(since)
    settings = settings_of(home=home)
    with closing(AuditLog(settings.home, settings.database)) as log:
        found = log.records(limit, who=who, action=action, since=start)
    rows = [asdict(record) | {"at": printing.utc(record.at)} for record in found]
    if as_json:
        printing.print_json({"records": rows})
        return
    for row in rows:
        printing.print_line(printing.standard_output(), _line(row))


def record_sync_and_delete_old(library: Library, settings: Settings, report: dict[str, Any]) -> None:
    """Record a sync that changed the library in the audit log, and delete old records.

    The answers, feedback and audit records that are older than the settings allow are deleted.
    """
    from ui.operations import Act, AuditLog, system_account
    from ui.operations.retention import forget

    counts = {name: len(report[name]) for name in ("added", "changed", "removed")}
    with closing(AuditLog(library.home, settings.database)) as log:
        if any(counts.values()):
            target = ", ".join(f"{count} {name}" for name, count in counts.items())
            log.add(Act("sync", kind="command", who=system_account(), target=target))
        forget(library, log, settings)


def _line(row: dict[str, Any]) -> str:
    sender = row["kind"] if row["who"] is None else f"{row['who']} ({row['kind']})"
    place = row["address"] and f"from {row['address']}"
    facts = (row["at"], sender, row["action"], row["target"], row["outcome"], place)
    return " · ".join(fact for fact in facts if fact)


def _seconds(date: str) -> float:
    try:
        return datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise UsedWronglyError(f"--since is {date!r}; write a date such as 2031-07-18") from error
