"""What a home folder holds, from its catalog alone: no model and no index is loaded."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.cli.server import running_server
from ui.settings import Settings

if TYPE_CHECKING:
    from index.catalog import Catalog
    from index.ingest import KeptFailure

CATALOG_FILE = "catalog.sqlite"

ENDED_JOBS = 3


def read_status(settings: Settings) -> dict[str, Any]:
    """The state of ``settings.home``; of a home that does not exist yet, an empty one. Nothing is made.

    Returns:
        ``home``; ``exists``, whether a library is there; ``generation``; ``documents`` and ``passages``,
        counted; ``folders`` that are followed; ``unconfirmed`` ones, which a backup named; ``failed``, the
        files and folders that could not be read (``source``, ``path``, ``cause``, ``since``); ``model``, the
        encoder that the library was made with or, while it is empty, the one that the settings name (None:
        the bundled one); ``sizes``, bytes by entry of the folder and their ``total``; ``server``, the running
        one's ``address``, ``pid`` and ``started``, or None; ``index``, the fields of
        :class:`index.search.status.LibraryStatus` where there is a library: its caches, what is behind and
        what is being built; ``jobs``, those that have not ended and the last of the others, newest first.

    Raises:
        CatalogError: if the catalog cannot be read.
    """
    server = running_server(settings.home)
    status: dict[str, Any] = {
        "home": str(settings.home),
        "exists": (settings.home / CATALOG_FILE).is_file(),
        "generation": 0,
        "documents": 0,
        "passages": 0,
        "folders": [],
        "unconfirmed": [],
        "failed": [],
        "index": None,
        "model": settings.model,
        "sizes": _sizes(settings.home),
        "jobs": [],
        "server": server and {"address": server.address, "pid": server.pid, "started": server.started},
    }
    if status["exists"]:
        from index.catalog import Catalog
        from index.ingest import Failures
        from index.search import library_status

        catalog = Catalog.open(settings.home / CATALOG_FILE)
        try:
            records = catalog.documents()
            build = catalog.build()
            passages = sum(record.passages for record in records)
            status |= {
                "generation": catalog.generation(),
                "documents": len(records),
                "passages": passages,
                "folders": catalog.sources(),
                "unconfirmed": catalog.unconfirmed(),
                "failed": [_without_number(failure) for failure in Failures(catalog.engine).listed()],
                "index": asdict(library_status(settings.home, catalog)),
                "model": build.recipe.encoder if build and passages else settings.model,
                "jobs": _jobs(catalog),
            }
        finally:
            catalog.close()
    return status


def _without_number(failure: KeptFailure) -> dict[str, Any]:
    fields = asdict(failure)
    del fields["failure_id"]
    return fields


def _jobs(catalog: Catalog) -> list[dict[str, Any]]:
    from index.ingest import Jobs

    recent = Jobs(catalog.engine).recent()
    unended = [job for job in recent if not job.has_ended]
    ended = [job for job in recent if job.has_ended]
    return [job.as_dict() for job in [*unended, *ended[:ENDED_JOBS]]]


def _sizes(home: Path) -> dict[str, int]:
    from index.search import size_of

    sizes = {entry.name: size_of(entry) for entry in sorted(home.iterdir())} if home.is_dir() else {}
    return sizes | {"total": sum(sizes.values())}
