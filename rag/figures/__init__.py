"""Recognition of numbers, quantities and dates in a text."""
