"""Whether the evidence has the words of a sentence."""
