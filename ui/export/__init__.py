"""Answers and conversations as Markdown, HTML or Word files, and the check of their JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ui.export.docx import write_docx
from ui.export.exported_answers import Sheet, lay_out, lay_out_conversation
from ui.export.html import write_html
from ui.export.markdown import write_markdown

__all__ = ["FORMATS", "HTML", "Format", "format_of", "lay_out", "lay_out_conversation"]


@dataclass(frozen=True, slots=True)
class Format:
    suffix: str
    also: tuple[str, ...]
    media_type: str
    write: Callable[[Sheet], bytes]


HTML = Format("html", ("htm",), "text/html; charset=utf-8", write_html)
FORMATS = (
    Format("md", ("markdown",), "text/markdown; charset=utf-8", write_markdown),
    HTML,
    Format(
        "docx",
        (),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        write_docx,
    ),
)


def format_of(suffix: str) -> Format | None:
    wanted = suffix.lower()
    return next((each for each in FORMATS if wanted == each.suffix or wanted in each.also), None)
