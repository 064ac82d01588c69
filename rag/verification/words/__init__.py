"""Checks that the evidence has the words of a sentence, or words of the same meaning."""
