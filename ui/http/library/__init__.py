"""The HTTP interface to documents."""
