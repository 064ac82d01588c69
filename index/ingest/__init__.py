"""Folders of files in: discovery, sync, watching, and the jobs that do it."""
