"""State that clients keep and send back: cursors of lists, ``ETag`` values, and idempotency keys."""
