"""Traces are off until a collector is named; then their packages must be there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ui.errors import SettingsError
from ui.operations.telemetry import open_tracing
from ui.settings import OperationSettings, load_settings

ENDPOINT = "http://127.0.0.1:4318"


@pytest.fixture(autouse=True)
def _no_standard_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)


def test_without_the_extra_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "ui.operations.tracing", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(SettingsError) as caught:
        open_tracing(OperationSettings(otlp_endpoint=ENDPOINT))
    assert str(caught.value) == (
        "traces need packages that are not installed (opentelemetry.sdk.resources); run pip "
        "install 'footnoted[telemetry]', or unset FOOTNOTED_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_ENDPOINT"
    )


def test_the_own_setting_comes_before_the_standard_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert load_settings(home=tmp_path).otlp_endpoint is None
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example/otlp")
    assert load_settings(home=tmp_path).otlp_endpoint == "https://collector.example/otlp"
    monkeypatch.setenv("FOOTNOTED_OTLP_ENDPOINT", ENDPOINT)
    assert load_settings(home=tmp_path).otlp_endpoint == ENDPOINT


def test_an_error_names_the_standard_variable_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Other programs take an address for gRPC from it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")
    with pytest.raises(SettingsError, match=r"\(FOOTNOTED_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT\)"):
        load_settings(home=tmp_path)


@pytest.mark.parametrize(
    "wrong", ["127.0.0.1:4318", "grpc://collector", "http://ada:pass@collector", "http://"]
)
def test_what_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wrong: str) -> None:
    monkeypatch.setenv("FOOTNOTED_OTLP_ENDPOINT", wrong)
    with pytest.raises(SettingsError, match="the address of a collector, such as http://127"):
        load_settings(home=tmp_path)
