"""Makes the Document of a file from its text and its details."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from index.documents import Document, Origin, Section
from index.errors import LoadError
from index.loaders.cover import described, text_cover
from index.loaders.metadata import NO_PROPERTIES, Properties, title_of_name
from index.text.languages import detect


def assemble(
    path: Path,
    kind: str,
    text: str,
    properties: Properties = NO_PROPERTIES,
    *,
    origin: Origin = "document properties",
    stated: Properties | None = None,
    heading: str | None = None,
    sample: str = "",
    sections: tuple[Section, ...] = (),
    remedy: str = "save it again with its text",
) -> Document:
    """A detail comes from ``stated``, the text itself, else ``properties``; a title, else ``heading``.

    Without ``stated``, the first and last lines of the text are read for a publisher and a date. The language
    is detected in ``sample`` or the text. Raises LoadError with ``remedy`` for an empty text.
    """
    if not text:
        raise LoadError(path, "holds no words to read", remedy)
    if stated is None:
        stated, properties = described(text_cover(text, properties, path.stem))
    names = [one.name for one in fields(Properties) if one.name != "written"]
    details = Properties(**{name: getattr(stated, name) or getattr(properties, name) for name in names})
    origins: dict[str, Origin] = {
        name: "page" if getattr(stated, name) else origin for name in names if getattr(details, name)
    }
    origins.setdefault("title", "page" if heading else "file name")
    return Document(
        text=text,
        title=details.title or heading or title_of_name(path),
        kind=kind,
        language=details.language or detect(sample or text),
        publisher=details.publisher,
        published=details.published,
        author=details.author,
        origins=origins,
        sections=sections,
    )
