"""Uploads and the workers that write to a library."""
