"""The markup of answers, footnotes and tables."""
