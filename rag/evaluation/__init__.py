"""How good retrieval and answers are, on any set of questions."""
