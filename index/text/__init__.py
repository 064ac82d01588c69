"""Pure functions that normalise, split, search and compare texts, and find their tables and languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.text.diff import Change, Revision, revisions
    from index.text.find import fold, fold_characters, matches
    from index.text.geometry import Box, boxes
    from index.text.languages import detect, is_latin, may_be_in
    from index.text.likeness import look_alike, look_alikes, without_unseen
    from index.text.passages import (
        DAYS,
        ITEM,
        LEADS,
        MAX_CHUNK_TOKENS,
        MONTHS,
        lead_in,
        sentences,
        table_context,
    )
    from index.text.tabular import (
        PATH_SEPARATOR,
        TableCell,
        cells,
        is_barred_caption,
        is_group,
        is_period,
        is_quantity,
        is_row,
        label_cells,
        named_row,
        readable_rows,
        table_cells,
        tables,
        words_outside_columns,
    )
    from index.text.units import DOLLAR, PERCENT, POINTS, currency_at, currency_before, scale_in, unit_at

__all__ = [
    "DAYS",
    "DOLLAR",
    "ITEM",
    "LEADS",
    "MAX_CHUNK_TOKENS",
    "MONTHS",
    "PATH_SEPARATOR",
    "PERCENT",
    "POINTS",
    "Box",
    "Change",
    "Revision",
    "TableCell",
    "boxes",
    "cells",
    "currency_at",
    "currency_before",
    "detect",
    "fold",
    "fold_characters",
    "is_barred_caption",
    "is_group",
    "is_latin",
    "is_period",
    "is_quantity",
    "is_row",
    "label_cells",
    "lead_in",
    "look_alike",
    "look_alikes",
    "matches",
    "may_be_in",
    "named_row",
    "readable_rows",
    "revisions",
    "scale_in",
    "sentences",
    "table_cells",
    "table_context",
    "tables",
    "unit_at",
    "without_unseen",
    "words_outside_columns",
]


__getattr__ = attributes(
    __name__,
    {
        "index.text.diff": ("Change", "Revision", "revisions"),
        "index.text.find": ("fold", "fold_characters", "matches"),
        "index.text.geometry": ("Box", "boxes"),
        "index.text.languages": ("detect", "is_latin", "may_be_in"),
        "index.text.likeness": ("look_alike", "look_alikes", "without_unseen"),
        "index.text.passages": (
            "DAYS",
            "ITEM",
            "LEADS",
            "MONTHS",
            "MAX_CHUNK_TOKENS",
            "lead_in",
            "sentences",
            "table_context",
        ),
        "index.text.tabular": (
            "PATH_SEPARATOR",
            "TableCell",
            "cells",
            "is_barred_caption",
            "is_group",
            "is_period",
            "is_quantity",
            "is_row",
            "label_cells",
            "named_row",
            "readable_rows",
            "table_cells",
            "tables",
            "words_outside_columns",
        ),
        "index.text.units": (
            "DOLLAR",
            "PERCENT",
            "POINTS",
            "currency_at",
            "currency_before",
            "scale_in",
            "unit_at",
        ),
    },
)
