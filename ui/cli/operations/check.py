"""The command ``check`` tells operators and scripts whether a server of a library would start and answer."""

from __future__ import annotations

from dataclasses import asdict

import typer

from ui.cli import printing
from ui.cli.options import AsJson, Home, settings_of
from ui.cli.progress import waiting
from ui.cli.server import running_server
from ui.errors import FAILED


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
