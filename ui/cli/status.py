"""The command ``status``: read a library's state from its catalog, without loading a model or an index."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.cli.server import running_server
from ui.opening import has_library, open_catalog

if TYPE_CHECKING:
    from index.catalog import Catalog
    from index.ingest import KeptFailure
    from ui.settings import Settings

ENDED_JOBS = 3
"""The maximum number of ended jobs that the status lists."""


def read_status(settings: Settings) -> dict[str, Any]:
    """Read the state of the library in ``settings.home`` without creating any file.

    Returns:
        A dictionary with these keys; without a library, numbers are 0 and lists are empty.

        - ``home``: the home folder, and ``exists``: whether it has a library.
        - ``generation``: the number of commits that have changed the passages.
        - ``documents`` and ``passages``: the number of each.
        - ``folders``: the followed folders, and ``unconfirmed``: the folders that a restored backup followed
          and that are not followed yet.
        - ``failed``: each file or folder that could not be read (``source``, ``path``, ``cause``, ``since``).
        - ``model``: the encoder of the library or, if the library is empty, the encoder of the settings. None
          stands for the default encoder.
        - ``sizes``: the bytes of each entry of the home, and their ``total``.
        - ``server``: the ``address``, ``pid`` and ``started`` of the running server; None without one.
        - ``index``: the fields of :class:`index.search.status.LibraryStatus`; None without a library.
        - ``jobs``: the jobs that have not ended, then up to ``ENDED_JOBS`` ended jobs; newest first in both.

    Raises:
        CatalogError: if the catalog cannot be read.
    """
    server = running_server(settings.home)
    status: dict[str, Any] = {
        "home": str(settings.home),
        "exists": has_library(settings),
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
        from index.ingest import Failures
        from index.search import library_status

        with open_catalog(settings) as catalog:
            records = catalog.documents()
            build = catalog.build()
            passages = sum(record.passages for record in records)
            status |= {
                "generation": catalog.generation(),
                "documents": len(records),
                "passages": passages,
                "folders": catalog.sources(),
                "unconfirmed": catalog.unconfirmed(),
                "failed": [_without_number(failure) for failure in Failures(catalog).undismissed()],
                "index": asdict(library_status(settings.home, catalog)),
                "model": build.recipe.encoder if build and passages else settings.model,
                "jobs": _jobs(catalog),
            }
    return status


def _without_number(failure: KeptFailure) -> dict[str, Any]:
    fields = asdict(failure)
    del fields["failure_id"]
    return fields


def _jobs(catalog: Catalog) -> list[dict[str, Any]]:
    from index.ingest import Jobs

    recent = Jobs(catalog).recent()
    unended = [job for job in recent if not job.has_ended]
    ended = [job for job in recent if job.has_ended]
    return [job.as_dict() for job in [*unended, *ended[:ENDED_JOBS]]]


def _sizes(home: Path) -> dict[str, int]:
    from index.search import size_of

    sizes = {entry.name: size_of(entry) for entry in sorted(home.iterdir())} if home.is_dir() else {}
    return sizes | {"total": sum(sizes.values())}
