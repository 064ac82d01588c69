"""PDF files: characters, lines, columns, paragraphs, footnotes, outline, recognition."""
