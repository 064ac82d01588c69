"""Checks that a sentence answers the question that was asked."""
