"""Puts the words of a page's tables into rows and columns."""
