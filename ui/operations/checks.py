"""The checks of ``footnoted check``: whether a server with the given settings would run and answer."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from ipaddress import ip_address
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from packaging.requirements import Requirement

from index.errors import line_of
from ui.accounts import ACCOUNTS, Accounts, Role
from ui.accounts.access import can_sign_in, why_several_people, why_sign_in
from ui.errors import expected_errors
from ui.opening import has_library, open_catalog, open_configured_encoder
from ui.settings import FILE_NAME, Settings

if TYPE_CHECKING:
    from rag.llm import ModelSettings

State = Literal["ok", "warning", "failed"]

GIGABYTE = 1024**3
_NEEDED_BYTES = GIGABYTE // 4
_WANTED_BYTES = 2 * GIGABYTE
_OFFENDERS = 3

_REPORT = "The night ferry to Harlamoor carried 412 passengers.\n\nThe harbour office counted them twice."
_QUESTION = "How many passengers did the night ferry carry?"
_QUOTE = "The night ferry to Harlamoor carried 412 passengers."


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; it has ``failed`` only if something keeps the server from working."""

    name: str
    state: State
    detail: str


def run_checks(settings: Settings) -> Iterator[Finding]:
    """Run all checks one after another, and yield each result. The slowest, the test question, is last."""
    for name, check in _CHECKS.items():
        try:
            yield Finding(name, *check(settings))
        except expected_errors() as error:
            yield Finding(name, "failed", line_of(error))


_Found = tuple[State, str]


def _settings(settings: Settings) -> _Found:
    file = settings.config or settings.home / FILE_NAME
    given = ", ".join(sorted(settings.model_fields_set - {"home", "config"}))
    source = f"{file} and the environment" if file.is_file() else "the environment"
    return "ok", f"read from {source}; they set {given or 'nothing'}"


def _versions(_settings: Settings) -> _Found:
    try:
        found, needed = version("footnoted"), requires("footnoted") or []
    except PackageNotFoundError:
        return "warning", "footnoted is not installed as a package, so its dependencies are not checked"
    wrong = [words for each in needed if (words := _unmet(Requirement(each)))]
    if wrong:
        return "failed", f"{'; '.join(wrong)}; install footnoted {found} again with its dependencies"
    return "ok", f"footnoted {found}, Python {sys.version.split()[0]}, every dependency as it is needed"


def _unmet(needed: Requirement) -> str | None:
    if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
        return None
    try:
        found = version(needed.name)
    except PackageNotFoundError:
        return f"{needed.name} is missing"
    is_met = needed.specifier.contains(found, prereleases=True)
    return None if is_met else f"{needed.name} is {found}, and {needed.specifier} is needed"


def _disk(settings: Settings) -> _Found:
    free = shutil.disk_usage(_existing(settings.home)).free
    words = f"{free / GIGABYTE:.1f} GB are free for {settings.home}"
    if free < _NEEDED_BYTES:
        return "failed", f"{words}; free at least 1 GB"
    if free < _WANTED_BYTES:
        return "warning", f"{words}; writing new search caches needs as much space as the old ones have"
    return "ok", words


def _permissions(settings: Settings) -> _Found:
    home, place = settings.home, _existing(settings.home)
    if not os.access(place, os.W_OK | os.X_OK):
        return "failed", f"this account cannot write to {place}; change its owner or its permissions"
    if not home.is_dir() or os.name != "posix":
        return "ok", f"this account can write to {place}"
    foreign = []
    within = (Path(folder, name) for folder, folders, files in os.walk(home) for name in (*folders, *files))
    for entry in chain([home], within):
        with suppress(FileNotFoundError):
            if entry.lstat().st_uid != os.geteuid():
                foreign.append(str(entry.relative_to(home)))
    if foreign:
        more = f" and {len(foreign) - _OFFENDERS} more" if len(foreign) > _OFFENDERS else ""
        names = ", ".join(foreign[:_OFFENDERS]) + more
        return "failed", f"another account owns {names}; run `chown --recursive` on {home}"
    # Other accounts can never open the folders of uploads and caches, so check the home alone.
    if home.stat().st_mode & 0o077:
        return "warning", f"other accounts can read {home}; run `chmod --recursive go= {home}`"
    return "ok", f"only this account can read {home}"


def _existing(home: Path) -> Path:
    return next(folder for folder in (home, *home.parents) if folder.is_dir())


def _models(settings: Settings) -> _Found:
    from rag.finding import open_reader

    encoder = open_configured_encoder(settings)
    writer = settings.language_model()
    parts = [
        f"encoder {encoder.key}",
        f"reader {open_reader(settings.reader).key}",
        f"answers {'quoted' if writer is None else f'written by {writer.model}'}",
    ]
    words = ", ".join(parts)
    if writer is not None and (trouble := _trouble_with(writer)):
        # The server starts without a model that a person chose, but not without that of the settings.
        return "failed" if settings.model_set_by else "warning", f"{words}, but {trouble}"
    return "ok", words


def _trouble_with(writer: ModelSettings) -> str | None:
    """Return why a language model cannot be opened; None if it can. A GGUF file is not loaded for this."""
    from rag.errors import ModelSetupError
    from rag.llm import open_model
    from ui.stored_model import is_file_model

    if is_file_model(writer):
        if not Path(writer.model).expanduser().is_file():
            return f"the language model {writer.model} does not exist; choose another one"
        is_installed = find_spec("xllamacpp") is not None
        return None if is_installed else "llama.cpp is not installed; run `pip install 'footnoted[llamacpp]'`"
    try:
        open_model(writer).close()
    except ModelSetupError as error:
        return line_of(error)
    return None


def _agents(_settings: Settings) -> _Found:
    if find_spec("mcp") is None:
        return "warning", "agents get no tools at /mcp; run `pip install 'footnoted[mcp]'` if they should"
    return "ok", "agents get tools at /mcp"


def _library(settings: Settings) -> _Found:
    from index.search import library_status
    from index.vectors import store_at

    store = store_at(settings.index_url)
    if store is not None:
        # This call fails if the server does not answer.
        store.names("")
    if not has_library(settings):
        return "ok", "there is none yet; the first sync or upload makes it"
    with open_catalog(settings) as catalog:
        damage = catalog.damage()
        if damage is not None:
            return "failed", f"the catalog is damaged ({damage}); run `footnoted restore FILE`"
        with catalog.reading() as reader:
            documents = reader.count_documents()
        status = library_status(settings.home, catalog)
    words = f"{documents:,} reports, {status.passages:,} passages, generation {status.generation}"
    if not status.cached:
        return "warning", f"{words}; the search caches are not finished, and the next search builds them"
    return "ok", words


def _accounts(settings: Settings) -> _Found:
    exposed = _is_exposed(settings.host)
    # With --insecure, a server starts anyway.
    refused: State = "warning" if settings.insecure else "failed"
    reason = why_sign_in(settings, exposed=exposed)
    if reason is None:
        if exposed:
            return refused, f"everyone who reaches {settings.host} reads all; set FOOTNOTED_SIGN_IN to on"
        if several := why_several_people(settings):
            reach = "also through a proxy" if settings.insecure else "but nobody through a proxy"
            return "warning", (
                f"nobody signs in, although {several}: every user of this machine reads all, {reach}; set "
                f"FOOTNOTED_SIGN_IN to {'on' if settings.insecure else 'auto'}"
            )
        return "ok", f"nobody signs in, and only this machine reaches {settings.host}"
    provider = settings.provider()
    if provider is not None and provider.admits_all:
        refused = "warning"
    if not ACCOUNTS.may_have_rows(settings.home, settings.database):
        return refused, (
            f"people must sign in, because {reason}, and nobody can; add yourself with `footnoted user add "
            "NAME --administrator`"
        )
    with closing(Accounts.open(settings.home, settings.database)) as accounts:
        active = [user for user in accounts.users.all() if can_sign_in(user, provider)]
    if not any(user.role is Role.ADMINISTRATOR for user in active):
        state = "warning" if active else refused
        return state, (
            f"people must sign in, because {reason}, and no administrator can; add one with `footnoted user "
            "add NAME --administrator`"
        )
    return "ok", f"{len(active)} people can sign in, because {reason}"


def _proxies(settings: Settings) -> _Found:
    trusted = ", ".join(settings.trusted_proxies) or "none"
    is_default = "trusted_proxies" not in settings.model_fields_set
    if settings.allowed_hosts and is_default and _is_exposed(settings.host):
        return "warning", (
            f"if {settings.allowed_hosts[0]} leads to a proxy on another machine or outside the container, "
            "all its clients count as one address, and cookies are not for HTTPS only; set "
            "FOOTNOTED_TRUSTED_PROXIES to the proxy's address"
        )
    return "ok", f"X-Forwarded-For and X-Forwarded-Proto are believed from {trusted}"


def _is_exposed(host: str) -> bool:
    """A name other than ``localhost`` may mean any address."""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def _question(settings: Settings) -> _Found:
    from index.ingest import sync
    from index.library import Library
    from rag.engine import QueryEngine

    with TemporaryDirectory(prefix="footnoted-check-") as folder:
        reports = Path(folder) / "reports"
        reports.mkdir()
        (reports / "ferry.txt").write_text(_REPORT, encoding="utf-8")
        encoder = open_configured_encoder(settings)
        with Library.open(Path(folder) / "home", encoder) as library:
            report = sync(library, [reports], None, settings.loading())
            if report.failed:
                return "failed", f"the test report could not be read: {report.failed[0].cause}"
            answer = QueryEngine(library, settings.reader).ask(_QUESTION)
    quotes = [citation.quote for citation in answer.citations]
    if _QUOTE not in quotes:
        return "failed", f"the test question was answered by {answer.text!r}; install the models again"
    return "ok", f"answered in {sum(answer.timings.get(name, 0) for name in ('search', 'read')):.0f} ms"


_CHECKS: dict[str, Callable[[Settings], _Found]] = {
    "settings": _settings,
    "versions": _versions,
    "disk": _disk,
    "permissions": _permissions,
    "accounts": _accounts,
    "proxies": _proxies,
    "library": _library,
    "models": _models,
    "agents": _agents,
    "question": _question,
}
