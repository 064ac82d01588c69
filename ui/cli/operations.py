"""Commands for those who operate a server."""

from __future__ import annotations

import shlex
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli import printing
from ui.cli.options import AsJson, Home, settings_of
from ui.cli.printing import waiting
from ui.cli.server import running_server
from ui.errors import FAILED, UsedWronglyError
from ui.opening import MOVED, has_library, open_catalog, open_library

if TYPE_CHECKING:
    from index.catalog import BackupReport, MovedCatalog
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
        sender = row["kind"] if row["who"] is None else f"{row['who']} ({row['kind']})"
        place = row["address"] and f"from {row['address']}"
        facts = (row["at"], sender, row["action"], row["target"], row["outcome"], place)
        printing.print_line(printing.standard_output(), " · ".join(filter(None, facts)))


def record_sync_and_delete_old(library: Library, settings: Settings, report: dict[str, Any]) -> None:
    """Record a sync that changed the library, and delete what is older than the settings allow."""
    from ui.operations import Act, AuditLog, system_account
    from ui.operations.audit import forget

    counts = {name: len(report[name]) for name in ("added", "changed", "removed")}
    with closing(AuditLog(library.home, settings.database)) as log:
        if any(counts.values()):
            target = ", ".join(f"{count} {name}" for name, count in counts.items())
            log.add(Act("sync", kind="command", who=system_account(), target=target))
        forget(library, log, settings)


def _seconds(date: str) -> float:
    try:
        return datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise UsedWronglyError(f"--since is {date!r}; write a date such as 2031-07-18") from error


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as library.tar.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write the library to one file. The library's server may keep running."""
    # The settings are left out, because they may contain passwords.
    from index.catalog import back_up
    from index.library import UPLOADS
    from ui.operations import record_command

    settings = settings_of(home=home)
    report = back_up(settings.home, file, (UPLOADS,), settings.database)
    record_command(settings, "backup", str(file))
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
    from index.library import UPLOADS
    from ui.operations import record_command

    settings = settings_of(home=home)
    report = put_back(settings.home, file, (UPLOADS,), settings.database)
    # Print the report first: if the rest fails, it says where the replaced library is.
    _print_report(report, settings.uploads, as_json=as_json)
    record_command(settings, "restore", str(file))


def _print_report(report: BackupReport, uploads: Path | None, *, as_json: bool) -> None:
    """``uploads`` is the folder of uploads if it is outside the home, and therefore in no backup."""
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


def check(home: Home = None, as_json: AsJson = False) -> None:
    """Check the settings, the disk, the models and the library, and ask a test question.

    The exit status is 1 if a check failed. A warning does not change it.
    """
    from ui.operations.checks import Finding, run_checks

    settings = settings_of(home=home)
    with waiting(printing.errors(), "Checking…"):
        findings = list(run_checks(settings))
        server = running_server(settings.home)
    detail = f"running at {server.address} since {server.started}" if server else "not running"
    findings.append(Finding("server", "ok", detail))
    ok = all(finding.state != "failed" for finding in findings)
    if as_json:
        printing.print_json({"ok": ok, "checks": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            line = f"{finding.state:<8} {finding.name:<12} {finding.detail}"
            printing.print_line(printing.standard_output(), line)
    if not ok:
        raise typer.Exit(FAILED)


HOME = "home"  # the value of ``--to`` that moves the library from a database to files in the home folder
_SAMPLE = 20


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
    """Return the copy's report, the number of compared searches, and the folder of old files or None."""
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
    """Search for the first sentence of each of up to ``_SAMPLE`` passages, spread over the library.

    Return the sentences, each with the id and the score of each passage found.
    """
    with open_library(settings, allow_other_model=True) as index:
        with index.catalog.reading() as reader:
            numbers = reader.chunk_mask(reader.last_chunk()).nonzero()[0].tolist()
            spread = {numbers[len(numbers) * part // _SAMPLE] for part in range(_SAMPLE) if numbers}
            passages = list(reader.passages(spread))
        queries = [
            each.text[: each.sentences[0].end - each.span.start] if each.sentences else each.text
            for each in passages
        ]
        return [(query, [(hit.chunk_id, hit.score) for hit in index.search(query)]) for query in queries]


ENDED_JOBS = 3


def read_status(settings: Settings) -> dict[str, Any]:
    """Make no file. Without a library, numbers are 0 and lists are empty. Raises CatalogError.

    ``generation`` counts the commits that changed passages; ``unconfirmed`` are folders of a restored backup
    that are not followed yet; ``sizes`` are in bytes; a ``model`` of None is the default.
    """
    from index.search import size_of

    server, home = running_server(settings.home), settings.home
    sizes = {entry.name: size_of(entry) for entry in sorted(home.iterdir())} if home.is_dir() else {}
    status: dict[str, Any] = {
        "home": str(home),
        "exists": has_library(settings),
        "generation": 0,
        "documents": 0,
        "passages": 0,
        "folders": [],
        "unconfirmed": [],
        "failed": [],
        "index": None,
        "model": settings.model,
        "sizes": sizes | {"total": sum(sizes.values())},
        "jobs": [],
        "server": server and {"address": server.address, "pid": server.pid, "started": server.started},
    }
    if status["exists"]:
        from index.ingest import Failures, Jobs
        from index.search import library_status

        with open_catalog(settings) as catalog:
            recent = Jobs(catalog).recent()
            ended = [job for job in recent if job.has_ended]
            jobs = [*(job for job in recent if not job.has_ended), *ended[:ENDED_JOBS]]
            records = catalog.documents()
            build = catalog.build()
            passages = sum(record.passages for record in records)
            status |= {
                "generation": catalog.generation(),
                "documents": len(records),
                "passages": passages,
                "folders": catalog.sources(),
                "unconfirmed": catalog.unconfirmed(),
                "failed": [
                    {name: value for name, value in asdict(failure).items() if name != "failure_id"}
                    for failure in Failures(catalog).undismissed()
                ],
                "index": asdict(library_status(home, catalog)),
                "model": build.recipe.encoder if build and passages else settings.model,
                "jobs": [job.as_dict() for job in jobs],
            }
    return status
