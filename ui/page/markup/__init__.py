"""The markup of the chat page: answers, footnotes, sources, filters and tables."""
