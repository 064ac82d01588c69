"""Watches every request for the log, the metrics and the audit log, and holds senders to their limits."""
