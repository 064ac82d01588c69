"""Sends requests that the server's OpenAPI description allows or forbids, and checks the responses.

``python -m benchmarks.fuzz_api [--examples N] [--seed N] [--scopes]``. A finding, with the exit code 1, is a
status of 500 or above (except 503 and 507, which name a missing resource), anything undocumented, or a
request that is refused or accepted against the description; with ``--scopes``, also against a token's scopes.
"""

from __future__ import annotations

import argparse
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from benchmarks.serving import serving
from ui.accounts import Accounts, Role, Scope
from ui.http.access import Requirement, requirement_of

if TYPE_CHECKING:
    import schemathesis
    from schemathesis.engine.events import ScenarioFinished
    from schemathesis.engine.recorder import Interaction

EXAMPLES = 2_000
SEED = 20_261_126
SEEDS = Path(__file__).parent.parent / "seeds"

HONEST = ["2xx", "3xx", "4xx", "503", "507"]
"""No fault of the server: 503 and 507 mean that it cannot read or write the library."""

REFUSED = ["400", "404", "405", "409", "413", "415", "422"]
"""For a request that violates the description."""

FORBIDDEN = ["401", "403"]
"""For a request that its sender may not make; :func:`_wrong_access` checks them."""

POSSIBLE = ["404", "409", "422", "429", "5xx"]
"""For a valid request, besides 2xx and 3xx: a blank question or an unreadable file gets 422."""

_EXPORTS = r"\.\{suffix\}$"
_OF_AMBIGUOUS_PATHS = {
    name: {"enabled": False} for name in ("unsupported_method", "allow_header_conformance")
}
"""``DELETE /v1/answers/ID.md`` is a request to delete the answer ``ID.md``: 404, and not 405."""

_FROM_URL = "/v1/documents/from-url"
"""With a method other than ``POST``, a document with the id ``from-url``: the server answers 422."""

_JOB = "/v1/jobs/{job_id}"
_OF_JOBS = {"use_after_free": {"enabled": False}}
"""``DELETE`` cancels a job, and the job can still be read afterwards."""

_WORDS = 300

_COMMAND = 2_000


@dataclass(frozen=True, slots=True)
class Finding:
    """``operation`` is method and path, as in the description; ``repeat`` a command."""

    operation: str
    check: str
    message: str
    repeat: str


@dataclass(frozen=True, slots=True)
class Sender:
    token: str
    scopes: frozenset[Scope]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class Sample:
    """``address`` has no slash at its end; ``reader`` is None if everyone may read the description."""

    address: str
    home: Path
    reader: Sender | None = None


@dataclass(slots=True)
class Fuzzed:
    """``sender`` is None if nobody signs in; ``findings`` has one of each kind and operation."""

    sender: Sender | None = None
    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, scenario: ScenarioFinished) -> None:
        recorder = scenario.recorder
        known = {(each.operation, each.check, each.message) for each in self.findings}
        for case_id, node in recorder.cases.items():
            operation = node.value.operation.label
            interaction = recorder.interactions.get(case_id)
            if interaction is not None:
                self.requests[operation] += 1
                self.statuses[interaction.response.status_code if interaction.response else 0] += 1
                message = _wrong_access(interaction, self.sender) if self.sender else None
                if message and (operation, "scope", message) not in known:
                    known.add((operation, "scope", message))
                    self.findings.append(Finding(operation, "scope", message, interaction.request.uri))
            for check in recorder.checks.get(case_id, []):
                if check.failure_info is None:
                    continue
                failure = check.failure_info.failure
                if check.name == "ignored_auth" and "429 Too Many Requests" in failure.message:
                    continue  # Schemathesis guesses tokens, and too many guesses are refused.
                message = f"{failure.title}: {' '.join(failure.message.split())}"[:_WORDS]
                if (operation, check.name, message) not in known:
                    known.add((operation, check.name, message))
                    repeat = check.failure_info.code_sample
                    self.findings.append(Finding(operation, check.name, message, repeat))


def _wrong_access(interaction: Interaction, sender: Sender) -> str | None:
    """None if the server refused what the sender's scopes forbid, and nothing else."""
    request, response = interaction.request, interaction.response
    sent = [
        value
        for name, values in request.headers.items()
        if name.lower() == "authorization"
        for value in values
    ]
    if response is None or sent != [sender.headers["Authorization"]]:
        return None  # Schemathesis also tries wrong tokens.
    path = unquote(urlsplit(request.uri).path)
    requirement = requirement_of(request.method, path)
    refused = response.status_code in {401, 403}
    if refused and re.match(r"/v1/(users|tokens|model)(/|$)", path):
        # A sender cannot give others a scope that the sender lacks, nor read by the choice of a model.
        return None
    allowed = isinstance(requirement, Requirement) or requirement in sender.scopes
    if refused is not allowed:
        return None
    scopes = ", ".join(sorted(sender.scopes))
    return (
        f"{request.method} got {response.status_code}; it needs {requirement.value}, the token has {scopes}"
    )


def sender_with(home: Path, *scopes: Scope) -> Sender:
    with closing(Accounts.open(home)) as accounts:
        _, token = accounts.tokens.add("-".join(scopes), scopes)
    return Sender(token, frozenset(scopes))


@contextmanager
def sample_server(*, sign_in: bool = False) -> Iterator[Sample]:
    """With ``sign_in``, each request needs a token (:func:`sender_with`)."""
    from index.embedding import DEFAULT_MODEL
    from index.embedding.encoder import open_encoder
    from index.ingest.synchronize import sync
    from index.library import Library
    from ui.settings import FILE_NAME

    with tempfile.TemporaryDirectory(prefix="footnoted-fuzz-") as place:
        home, reports = Path(place, "home"), Path(place, "reports")
        shutil.copytree(SEEDS, reports)
        with Library.open(home, open_encoder()) as index:
            sync(index, [reports])
        # A request that chooses or tests a language model would make the server connect to any address.
        # The limits of senders have their own tests.
        settings = ['llm = "none"', "limit_questions = 0", "limit_requests = 0"]
        # A request that changes the encoder would embed the library for minutes.
        settings += [f'model = "{DEFAULT_MODEL}"']
        settings += ['sign_in = "on"'] if sign_in else []
        (home / FILE_NAME).write_text("\n".join(settings), encoding="utf-8")
        if sign_in:  # A server to which nobody can sign in does not start.
            with closing(Accounts.open(home)) as accounts:
                accounts.users.add("ada", secrets.token_urlsafe(), Role.ADMINISTRATOR)
        reader = sender_with(home, Scope.READ, Scope.METRICS) if sign_in else None
        with serving(home) as served:
            yield Sample(served.address, home, reader)


def fuzz(
    sample: Sample,
    examples: int = EXAMPLES,
    seed: int = SEED,
    sender: Sender | None = None,
    *,
    coverage: bool = True,
) -> Fuzzed:
    """``examples`` are shared among the operations; ``coverage`` adds those derived from descriptions."""
    import schemathesis
    from schemathesis.engine import events, from_schema

    fuzzed = Fuzzed(sender)
    began = time.monotonic()
    schema = schemathesis.openapi.from_url(
        f"{sample.address}/openapi.json",
        config=_config(seed, sender, coverage=coverage),
        headers=sample.reader.headers if sample.reader else {},
    )
    operations = schema.statistic.operations.total
    schema.config.generation.update(max_examples=-(-examples // operations))
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            fuzzed.add(event)
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.NonFatalError):
            fuzzed.findings.append(Finding(event.label, "error", str(event.value)[:_WORDS], ""))
    fuzzed.seconds = time.monotonic() - began
    return fuzzed


def _config(seed: int, sender: Sender | None, *, coverage: bool) -> schemathesis.Config:
    import schemathesis

    return schemathesis.Config.from_dict(
        {
            "headers": sender.headers if sender else {},
            "seed": seed,
            "continue-on-failure": True,
            "phases": {"coverage": {"enabled": coverage}},
            "checks": {
                "not_a_server_error": {"expected-statuses": HONEST},
                "negative_data_rejection": {"expected-statuses": [*REFUSED, *FORBIDDEN, "5xx"]},
                "positive_data_acceptance": {"expected-statuses": [*HONEST[:2], *POSSIBLE, *FORBIDDEN]},
            },
            "operations": [
                {"include-path-regex": _EXPORTS, "checks": _OF_AMBIGUOUS_PATHS},
                {"include-path": _FROM_URL, "checks": _OF_AMBIGUOUS_PATHS},
                {"include-path": _JOB, "checks": _OF_JOBS},
            ],
            "generation": {"database": "none", "no-shrink": True},
            "request-timeout": 60,
        }
    )


def table(fuzzed: Fuzzed) -> str:
    found = Counter(finding.operation for finding in fuzzed.findings)
    lines = ["| operation | requests | findings |", "|---|---:|---:|"]
    lines += [
        f"| {operation} | {fuzzed.requests[operation]:,} | {found[operation]:,} |"
        for operation in sorted({*fuzzed.requests, *found})
    ]
    lines.append(f"| all | {fuzzed.requests.total():,} | {found.total():,} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scopes", action="store_true", help="a token of each scope sends the requests")
    given = parser.parse_args(arguments)
    with sample_server(sign_in=given.scopes) as sample:
        groups = [*([scope] for scope in Scope), list(Scope)] if given.scopes else []
        senders: list[Sender | None] = [sender_with(sample.home, *scopes) for scopes in groups]
        runs = []
        for sender in senders or [None]:
            runs.append(fuzz(sample, given.examples, given.seed, sender))
            _print(runs[-1])
    return int(any(run.findings for run in runs))


def _print(fuzzed: Fuzzed) -> None:
    if fuzzed.sender:
        print(f"\nA token with: {', '.join(sorted(fuzzed.sender.scopes))}\n", flush=True)
    for finding in fuzzed.findings:
        print(f"- {finding.operation} · {finding.check}: {finding.message}\n  {finding.repeat[:_COMMAND]}")
    statuses = ", ".join(f"{status}: {times:,}" for status, times in sorted(fuzzed.statuses.items()))
    print(f"\n{table(fuzzed)}\n\n{fuzzed.seconds:.0f} s; {statuses}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
