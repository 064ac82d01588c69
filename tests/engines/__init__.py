"""Tests of a catalog in PostgreSQL; ``make test-engines`` runs them."""
