"""What a text states in numbers, quantities and dates."""
