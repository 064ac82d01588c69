"""Presentations for the tests of the loader of slides, made by python-pptx."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from pptx import Presentation
from pptx.shapes.autoshape import Shape
from pptx.shapes.shapetree import GroupShapes, SlideShapes
from pptx.slide import Slide
from pptx.util import Emu, Inches

from index.loaders.slides import read_pptx

PATH = Path("talks/dam.pptx")
TITLE_AND_TEXT, TITLE_ONLY, BLANK = 1, 5, 6

PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")


def presentation(*slides: tuple[int, Callable[[Slide], object]], title: str = "") -> bytes:
    """A presentation; each slide has a layout and a function that fills it."""
    show = Presentation()
    show.core_properties.title = title
    for layout, write in slides:
        write(show.slides.add_slide(show.slide_layouts[layout]))
    file = BytesIO()
    show.save(file)
    return file.getvalue()


def text(write: Callable[[Slide], object], layout: int = BLANK) -> str:
    return read_pptx(presentation((layout, write)), PATH).text


def box(shapes: SlideShapes | GroupShapes, words: str, left: float, top: float, height: float = 1) -> Shape:
    shape = shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(height))
    shape.text_frame.text = words
    return shape


def titled(
    title: str, body: str = "", notes: str = "", *, hidden: bool = False
) -> tuple[int, Callable[[Slide], None]]:
    def write(slide: Slide) -> None:
        assert slide.shapes.title is not None
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
        if notes:
            frame = slide.notes_slide.notes_text_frame
            assert frame is not None
            frame.text = notes
        if hidden:
            slide._element.set("show", "0")

    return TITLE_AND_TEXT, write


def picture(slide: Slide) -> None:
    slide.shapes.add_picture(BytesIO(PIXEL), Emu(0), Emu(0))


def nothing(_slide: Slide) -> None:
    """Leave a slide as its layout makes it."""


def changed(data: bytes, part: str, pattern: bytes, replacement: bytes) -> bytes:
    out = BytesIO()
    with ZipFile(BytesIO(data)) as before, ZipFile(out, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == part:
                content, count = re.subn(pattern, lambda _: replacement, content, count=1, flags=re.DOTALL)
                assert count == 1
            after.writestr(name, content)
    return out.getvalue()
