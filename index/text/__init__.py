"""Pure functions of text: normalisation, sentences, tables, chunks, languages, differences."""
