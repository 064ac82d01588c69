"""Reads files in a separate process, so that a bad file cannot harm the process of the caller."""
