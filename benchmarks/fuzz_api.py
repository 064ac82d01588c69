"""Sends requests that the server's OpenAPI description allows or forbids, and checks the responses.

``python -m benchmarks.fuzz_api [--examples N] [--seed N]``. Schemathesis makes the requests. The server is a
process of its own over a copy of the sample reports. A finding is a status of 500 or above (except 503 and
507, which name a missing resource), an undocumented status, media type or header, a body that differs from
its schema, a request that the description allows and the server refuses, or the reverse. The exit code is 1
if there is any finding.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.serving import serving

if TYPE_CHECKING:
    import schemathesis
    from schemathesis.engine.events import ScenarioFinished

EXAMPLES = 2_000
SEED = 20_261_126
SEEDS = Path(__file__).parent.parent / "seeds"

HONEST = ["2xx", "3xx", "4xx", "503", "507"]
"""Statuses that are no fault of the server: 503 and 507 mean that it cannot read or write the library."""

REFUSED = ["400", "404", "405", "409", "413", "415", "422"]
"""Statuses for a request that violates the description."""

POSSIBLE = ["404", "409", "422", "429", "5xx"]
"""Statuses for a valid request, besides 2xx and 3xx. The description cannot require that a question is not
blank, or that a file can be read: the server refuses such requests with 422."""

_EXPORTS = r"\.\{suffix\}$"
_OF_EXPORTS = {name: {"enabled": False} for name in ("unsupported_method", "allow_header_conformance")}
"""``DELETE /v1/answers/ID.md`` is a request to delete the answer with an id ending in ``.md``, hence 404."""

_JOB = "/v1/jobs/{job_id}"
_OF_JOBS = {"use_after_free": {"enabled": False}}
"""``DELETE`` cancels a job, and the job can still be read afterwards."""

_WORDS = 300
"""The limit of shown characters of a finding's message."""

_COMMAND = 2_000
"""The limit of shown characters of the command that repeats a finding's request."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A response that differs from the description.

    Attributes:
        operation: its method and path, as in the description.
        check: the name of Schemathesis' check.
        said: the difference.
        repeat: a command that repeats the request.
    """

    operation: str
    check: str
    said: str
    repeat: str


@dataclass(slots=True)
class Fuzzed:
    """The result of a run.

    Attributes:
        requests: the number of requests, by operation.
        statuses: the number of responses, by status.
        findings: one finding of each kind and operation.
        seconds: the time of the run.
    """

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, scenario: ScenarioFinished) -> None:
        """Count the requests and the findings of one scenario."""
        recorder = scenario.recorder
        known = {(each.operation, each.check, each.said) for each in self.findings}
        for case_id, node in recorder.cases.items():
            operation = node.value.operation.label
            interaction = recorder.interactions.get(case_id)
            if interaction is not None:
                self.requests[operation] += 1
                self.statuses[interaction.response.status_code if interaction.response else 0] += 1
            for check in recorder.checks.get(case_id, []):
                if check.failure_info is None:
                    continue
                failure = check.failure_info.failure
                said = f"{failure.title}: {' '.join(failure.message.split())}"[:_WORDS]
                if (operation, check.name, said) not in known:
                    known.add((operation, check.name, said))
                    repeat = check.failure_info.code_sample
                    self.findings.append(Finding(operation, check.name, said, repeat))


@contextmanager
def sample_server() -> Iterator[str]:
    """Serve a copy of the sample reports and yield the address; the server ends with the context."""
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
        (home / FILE_NAME).write_text('llm = "none"\n', encoding="utf-8")
        with serving(home) as served:
            yield served.address


def fuzz(address: str, examples: int = EXAMPLES, seed: int = SEED) -> Fuzzed:
    """Send about ``examples`` requests to the server at ``address``.

    Args:
        address: the server's URL, without a slash at the end.
        examples: the number of requests, shared among the operations; Schemathesis adds those that it derives
            from each description alone.
        seed: the same seed makes the same requests.
    """
    import schemathesis
    from schemathesis.engine import events, from_schema

    fuzzed = Fuzzed()
    began = time.monotonic()
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json", config=_config(seed))
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


def _config(seed: int) -> schemathesis.Config:
    import schemathesis

    return schemathesis.Config.from_dict(
        {
            "seed": seed,
            "continue-on-failure": True,
            "checks": {
                "not_a_server_error": {"expected-statuses": HONEST},
                "negative_data_rejection": {"expected-statuses": [*REFUSED, "5xx"]},
                "positive_data_acceptance": {"expected-statuses": [*HONEST[:2], *POSSIBLE]},
            },
            "operations": [
                {"include-path-regex": _EXPORTS, "checks": _OF_EXPORTS},
                {"include-path": _JOB, "checks": _OF_JOBS},
            ],
            "generation": {"database": "none", "no-shrink": True},
            "request-timeout": 60,
        }
    )


def table(fuzzed: Fuzzed) -> str:
    """Return a table of the numbers of requests and findings, by operation."""
    found = Counter(finding.operation for finding in fuzzed.findings)
    lines = ["| operation | requests | findings |", "|---|---:|---:|"]
    lines += [
        f"| {operation} | {fuzzed.requests[operation]:,} | {found[operation]:,} |"
        for operation in sorted({*fuzzed.requests, *found})
    ]
    lines.append(f"| all | {fuzzed.requests.total():,} | {found.total():,} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the findings and the table, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(arguments)
    with sample_server() as address:
        fuzzed = fuzz(address, given.examples, given.seed)
    for finding in fuzzed.findings:
        print(f"- {finding.operation} · {finding.check}: {finding.said}\n  {finding.repeat[:_COMMAND]}")
    statuses = ", ".join(f"{status}: {times:,}" for status, times in sorted(fuzzed.statuses.items()))
    print(f"\n{table(fuzzed)}\n\n{fuzzed.seconds:.0f} s; {statuses}")
    return int(bool(fuzzed.findings))


if __name__ == "__main__":
    sys.exit(main())
