"""Finds a report's date, issuer and SEC form by the words of its first page, and recognises titles."""
