"""Finds the title, publisher and date of a PDF on its first page."""
