"""The sample report of the school inspectorate: a PDF in two columns, with a table across both."""

from __future__ import annotations

from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Table,
    TableStyle,
)

TITLE = "Back to lessons: schools in the Isken valley in autumn 2025 (fictional)"
PUBLISHER = "Lorvenna School Inspectorate"
CREATED = "D:20251015090000+00'00'"

NOTICE = """\
<b>Fictional sample report.</b> Lorvenna does not exist, and every place, institution and person named here
is invented.
"""
OPENING = """\
When the school year began on 1 September 2025, 61 of the 74 schools in the four districts opened their
doors. Thirteen stayed shut. Their 2,960 pupils are taught elsewhere: in tents, in village halls, or in the
afternoon at a school nearby.

Nobody sleeps in a classroom any more. The last families left the sports hall of the Harlamoor girls’ school
on 24 August, and it took eleven days to clean and disinfect it.

The Inspectorate visited all 74 schools between 8 September and 3 October. It found that walls are mended
faster than timetables: nearly every school that is open has its roof and its windows, but one lesson in
nine still falls out, mostly because there is no one to give it.
"""
LESSONS = """\
Between 10 March and the summer holidays a pupil missed 47 days of lessons on average. In the Quell Delta,
where the levee at Pellan broke in April and water stood in the schoolyards until June, it was 71 days,
close to a third of a school year.

What was missed is not made up for by longer days. Tests that the In\u00adspec\u00adtorate gave to 3,100
pupils of the fifth year show that those of the Delta are seven months behind in reading and ten months
behind in arithmetic. Children who were taught in tents did as well as those in halls; what counted was
whether they had kept their teacher.
"""
TEACHERS = """\
Of 1,120 teachers 96 have moved away since March. The Inspectorate counts 58 posts that nobody fills, and
half of them are for mathematics and the sciences.

A teacher who signs for two years in the Quell Delta is paid a supplement of 150 tals a month. By 1 October
19 had signed, against the 40 whom the Inspectorate had hoped for. Most of those who declined gave the want
of a flat as their reason.
"""
BOOKS = """\
Some 38,000 schoolbooks were soaked beyond repair. Publishers have replaced 31,500 of them free of charge,
and the rest are on order. Of 2,200 computers not one could be saved; pupils of the upper years now share
640 that were lent by the library in Tessaveld.
"""
BUILDINGS = """\
Eight of the thirteen schools that are shut will open after the winter holidays, on 12 January 2026. Four
need new foundations and cannot open before the autumn. The primary school at Pellan will be given up: its
ground has sunk by 60 centimetres, and its pupils will go to Port Quell for good.

Walls dry slowly. A brick wall that stood in water for a week needs about five months before it can be
plastered, and in three schools the plaster came too early and has to be taken off again.
"""
RECOMMENDATIONS = """\
The Inspectorate asks for three things. Pupils whose way to school has grown longer than four kilometres
should ride a bus free of charge; this concerns 870 children. Flats for teachers should be built together
with the schools. And no school should serve as a shelter for more than 30 days, so that the next disaster
does not close what this one spared.
"""
TABLE_HEADING = "Schools and pupils on 1 September 2025, by district"
TABLE = (
    ("District", "Schools", "Shut (schools)", "Elsewhere (pupils)", "Missed (days)"),
    ("Upper Isken", "12", "1", "140", "29"),
    ("Tamber", "19", "2", "410", "38"),
    ("Sarrow", "24", "3", "690", "41"),
    ("Quell Delta", "19", "7", "1,720", "71"),
    ("All four districts", "74", "13", "2,960", "47"),
)

INK, FAINT, ACCENT, SHADE = HexColor("#1d2328"), HexColor("#5c666f"), HexColor("#33562d"), HexColor("#eff4ec")
BODY = ParagraphStyle(
    "body", fontName="Times-Roman", fontSize=10.5, leading=13.5, spaceAfter=5, textColor=INK,
    embeddedHyphenation=1,
)  # fmt: skip
HEADING = ParagraphStyle(
    "heading", BODY, fontName="Helvetica-Bold", fontSize=11.5, leading=14, spaceBefore=7, textColor=ACCENT,
    keepWithNext=True,
)  # fmt: skip
TITLE_STYLE = ParagraphStyle("title", HEADING, fontSize=17, leading=20.5, spaceBefore=4, spaceAfter=6)
ISSUER = ParagraphStyle("issuer", BODY, fontName="Helvetica", fontSize=9.5, leading=12, textColor=FAINT)
NOTICE_STYLE = ParagraphStyle(
    "notice", BODY, fontName="Helvetica", fontSize=9, leading=12, backColor=HexColor("#fff3cd"),
    borderPadding=6, leftIndent=6, rightIndent=6, spaceBefore=10,
)  # fmt: skip
CELL = ParagraphStyle("cell", BODY, fontName="Helvetica", fontSize=8, leading=11, spaceAfter=0)
FIGURE = ParagraphStyle("figure", CELL, alignment=TA_RIGHT)

SIDE, GUTTER, LOWER = 14 * mm, 7 * mm, 22 * mm
WIDTH = A5[0] - 2 * SIDE
COLUMN = (WIDTH - GUTTER) / 2
TOP = A5[1] - 22 * mm
HEAD_HEIGHT, TABLE_HEIGHT = 64 * mm, 54 * mm


def schools_pdf() -> bytes:
    target = BytesIO()
    template = BaseDocTemplate(
        target, pagesize=A5, title=TITLE, author=PUBLISHER, subject="Fictional sample report",
        keywords="fictional: true", creator=PUBLISHER, lang="en", invariant=1,
    )  # fmt: skip
    template.addPageTemplates(
        [
            PageTemplate("first", _frames(HEAD_HEIGHT), onPageEnd=_furnish),
            PageTemplate("second", _frames(TABLE_HEIGHT), onPageEnd=_furnish),
            PageTemplate("others", _frames(0)[1:], onPageEnd=_furnish),
        ]
    )
    template.build(_story())
    return target.getvalue()


def _frames(across: float) -> list[Frame]:
    """A frame of height ``across`` over both columns, and the two columns below it."""
    bare = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}
    height = TOP - across - LOWER
    return [
        Frame(SIDE, TOP - across, WIDTH, across, **bare),
        Frame(SIDE, LOWER, COLUMN, height, **bare),
        Frame(SIDE + COLUMN + GUTTER, LOWER, COLUMN, height, **bare),
    ]


def _furnish(canvas: Canvas, _template: BaseDocTemplate) -> None:
    canvas.setDateFormatter(lambda *_: CREATED)  # reportlab's invariant mode dates every file to 2000
    canvas.setFont("Helvetica", 8.5)
    canvas.setFillColor(FAINT)
    canvas.drawString(SIDE, A5[1] - 14 * mm, "School Inspectorate: the Isken valley")
    canvas.drawRightString(A5[0] - SIDE, A5[1] - 14 * mm, "15 October 2025")
    canvas.drawCentredString(A5[0] / 2, 11 * mm, f"Page {canvas.getPageNumber()}")


def _story() -> list[Flowable]:
    return [
        Paragraph(f"{PUBLISHER}, Republic of Lorvenna", ISSUER),
        Paragraph(TITLE, TITLE_STYLE),
        Paragraph("Tessaveld, 15 October 2025", ISSUER),
        Paragraph(NOTICE, NOTICE_STYLE),
        NextPageTemplate("second"),
        FrameBreak(),
        *_section("1. Doors open", OPENING),
        *_section("2. Lessons lost", LESSONS),
        PageBreak(),
        Paragraph(TABLE_HEADING, HEADING),
        _table(),
        NextPageTemplate("others"),
        FrameBreak(),
        *_section("3. Teachers wanted", TEACHERS),
        *_section("4. Books and computers", BOOKS),
        *_section("5. Buildings", BUILDINGS),
        *_section("6. What the Inspectorate asks for", RECOMMENDATIONS),
    ]


def _section(heading: str, text: str) -> list[Flowable]:
    return [Paragraph(heading, HEADING), *(Paragraph(part, BODY) for part in text.split("\n\n"))]


def _table() -> Table:
    cells = [
        [Paragraph(cell, FIGURE if column else CELL) for column, cell in enumerate(row)] for row in TABLE
    ]
    look = [
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor("#c5ccd2")),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    widths = [width * mm for width in (28, 15, 24, 30, 23)]
    return Table(cells, colWidths=widths, style=TableStyle(look))
