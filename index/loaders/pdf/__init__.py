"""Reads PDF files: characters, lines, columns, paragraphs, footnotes, outline and OCR."""
