"""Turns traces on if the settings name a collector; otherwise imports nothing of OpenTelemetry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.errors import SettingsError
from ui.settings import OperationSettings

if TYPE_CHECKING:
    from ui.operations.tracing import Tracing


def open_tracing(settings: OperationSettings) -> Tracing | None:
    """The caller closes it; None without a collector. Raises SettingsError if the packages are missing."""
    if settings.otlp_endpoint is None:
        return None
    try:
        from ui.operations.tracing import Tracing
    except ImportError as error:
        raise SettingsError(
            # Leave out the address, which may contain a password.
            f"traces need packages that are not installed ({error.name}); run pip install "
            "'footnoted[telemetry]', or unset FOOTNOTED_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_ENDPOINT"
        ) from error
    return Tracing(settings.otlp_endpoint, texts=settings.log_texts)
