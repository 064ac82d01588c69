"""Finds a report's date, issuer and filing form by the words of its first page, and recognises titles."""
