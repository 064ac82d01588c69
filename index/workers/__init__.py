"""Threads that keep a served library up to date: the writer, the watch, and maintenance."""
