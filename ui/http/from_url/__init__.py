"""Adds a document by its URL: only from hosts that the operator allows, and only from public addresses."""
