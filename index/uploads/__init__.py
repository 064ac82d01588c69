"""Uploaded files: where they are placed, how they are deleted, restored and described."""
