"""Reads the text of a SmartArt diagram, in the order of its points, or items (ECMA-376, part 1, 21.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.loaders.archive import parse_xml
from index.loaders.blocks import Block, flow

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
    from pptx.shapes.graphfrm import GraphicFrame

_D = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DATA = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"


def diagram_blocks(shape: GraphicFrame) -> Iterator[Block]:
    """Yield the text of a diagram, one block per paragraph; nothing if the frame has no diagram.

    Points are the items of a diagram. They come in outline order: a point precedes the points below it.
    """
    ids = next(shape._element.iter(f"{_D}relIds"), None)
    reference = ids.get(_DATA) if ids is not None else None
    if reference is None:
        return
    root = parse_xml(shape.part.related_part(reference).blob)
    points = {point.get("modelId"): point for point in root.iter(f"{_D}pt")}
    below = _below(root)
    group = object()
    seen: set[str | None] = set()
    waiting = [name for name, point in points.items() if point.get("type") == "doc"]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in points:
            continue
        seen.add(name)
        for paragraph in points[name].iterfind(f"{_D}t/{_A}p"):
            yield Block(flow("".join(text.text or "" for text in paragraph.iter(f"{_A}t"))), group)
        waiting += reversed(below.get(name, []))


def _below(root: Element) -> dict[str | None, list[str | None]]:
    """Return the ids of the children of each point, in order, by the id of the point."""
    found: dict[str | None, list[tuple[int, str | None]]] = {}
    for link in root.iter(f"{_D}cxn"):
        if link.get("type", "parOf") == "parOf":
            order = link.get("srcOrd", "0")
            place = int(order) if order.isascii() and order.isdigit() else 0
            found.setdefault(link.get("srcId"), []).append((place, link.get("destId")))
    return {
        name: [target for _, target in sorted(links, key=lambda link: link[0])]
        for name, links in found.items()
    }
