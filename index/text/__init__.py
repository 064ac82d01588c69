"""Pure functions of text: normalisation, sentences, tables, chunks, languages, differences."""

from index.text.cells import PATH_SEPARATOR, TableCell, table_cells
from index.text.chunks import MAX_CHUNK_TOKENS, table_context
from index.text.diff import Revision, revisions
from index.text.find import fold_characters, matches
from index.text.geometry import Box, boxes
from index.text.languages import detect, may_be_in
from index.text.normalize import fold
from index.text.segmentation import sentences
from index.text.tabular import cells, is_group, is_quantity, is_row, tables

__all__ = [
    "MAX_CHUNK_TOKENS",
    "PATH_SEPARATOR",
    "Box",
    "Revision",
    "TableCell",
    "boxes",
    "cells",
    "detect",
    "fold",
    "fold_characters",
    "is_group",
    "is_quantity",
    "is_row",
    "matches",
    "may_be_in",
    "revisions",
    "sentences",
    "table_cells",
    "table_context",
    "tables",
]
