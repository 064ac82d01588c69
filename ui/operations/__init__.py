"""The log, the metrics, the audit log and the retention of a server, without any code for HTTP."""

from ui.operations.audit import (
    AUDIT,
    DONE,
    Act,
    AuditLog,
    AuditRecord,
    begin_audit_notes,
    note,
    record_command,
    system_account,
)
from ui.operations.log import begin_request, configure_log, log_event, logging_prints, request_id

__all__ = [
    "AUDIT",
    "DONE",
    "Act",
    "AuditLog",
    "AuditRecord",
    "begin_audit_notes",
    "begin_request",
    "configure_log",
    "log_event",
    "logging_prints",
    "note",
    "record_command",
    "request_id",
    "system_account",
]
