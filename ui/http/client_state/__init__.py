"""State that clients keep and send back: cursors of lists, tags of responses, and keys of requests."""
