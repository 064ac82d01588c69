"""Regenerate the generated files under ``seeds/``: PDFs, the Word file, the offsets of ``questions.jsonl``.

``python -m tests.support.generate_seeds`` writes the same bytes every time, as a test checks. Run it after a
change to this file or ``seed_*.py``, to a seed's text, to the evidence in ``questions.jsonl`` or to a loader.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    Table,
    TableStyle,
)

from index.loaders import load
from tests.support.seed_schools import schools_pdf
from tests.support.seed_sirens import sirens_docx

SEEDS = Path(__file__).parents[2] / "seeds"
INQUIRY = "lorvenna-maravel-dam-inquiry.pdf"
SCHOOLS = "lorvenna-schools-autumn-2025.pdf"
SIRENS = "lorvenna-siren-plan.docx"
QUESTIONS = "questions.jsonl"

TITLE = "Why gate 3 failed: interim report on the Maravel Dam (fictional)"
PUBLISHER = "Commission of Inquiry into the Maravel Dam"
CREATED = "D:20250930080000+00'00'"

NOTICE = """\
<b>Fictional sample report</b><br/>
Lorvenna does not exist, and every place, institution and person named here is invented.
"""
SUMMARY = """\
Gate 3 of the Maravel Dam was torn from its bearings at 02:55 on 10 March 2025 because a steel pin that
carried it had rusted through. The pin was last examined in October 2019, although the rules of the Isken
Water Authority ask for an examination every two years.

The people downstream could have been warned. The engineer on duty asked for permission to sound the sirens
45 minutes before the gate failed. Nobody answered him, and the sirens at Harlamoor were first heard 45
minutes after.

The flood killed 36 people, and seven are still missing. On 31 August 6,300 people were living at 11 sites
for the displaced. Rebuilding will cost 462 million tals, against the 310 million that were estimated in
March.
"""
MANDATE = """\
Parliament appointed the Commission on 2 April 2025. Its chair is Justice Ansel Korran; the other members
are Dr Yara Lindqvar, a hydraulic engineer, and Bram Ostery, a former head of the fire service. The
Commission heard 63 witnesses and read some 1,900 documents, among them the gate logs that the Isken Water
Authority had given to the police. It visited the dam three times.

This interim report is about the causes of the failure and the cost of its consequences. Whether anyone is
to be prosecuted is for the Public Prosecutor to decide, and the Commission offers no view on it. The final
report is due on 31 January 2026.
"""
NIGHT = """\
Rain had filled the reservoir faster than the forecast of 8 March foresaw. Its highest permitted level is
213.5 metres above datum. That mark was passed shortly before midnight, and gate 2 jammed half open soon
afterwards, so that the load on gate 3 grew with every hour.

At the moment of failure the level stood at 214.6 metres, 1.1 metres above what is permitted. The outflow
tripled within minutes to 4,150 cubic metres a second, while the river bed below the dam can carry 2,800.
"""
NIGHT_TABLE = (
    ("Time", "Level (m)", "Outflow (m³/s)", "What happened"),
    ("22:00", "213.2", "640", "Gates 1 and 2 are opened by half"),
    ("00:30", "213.9", "1,180", "Gate 1 is fully open; gate 2 jams"),
    ("02:10", "214.4", "1,310", "The duty engineer asks to sound the sirens"),
    ("02:55", "214.6", "4,150", "Gate 3 is torn from its bearings"),
    ("03:40", "212.8", "3,020", "Sirens are sounded at Harlamoor"),
    ("06:00", "208.1", "1,450", "The outflow is back below 2,800 m³/s"),
)
CAUSES = """\
<b>Maintenance was cut.</b> The Isken Water Authority spent 18.2 million tals on upkeep of the dam in 2021
and 11.4 million in 2024, which is 37 per cent less. Two inspections of gate 3 were put off, in 2021 and in
2023, and both times the form gives “budget” as the reason.

<b>Warnings were not passed on.</b> In November 2024 a diver reported “heavy scaling, pin of gate 3,
recommend removal for inspection”. The report was filed at the dam and did not reach the head office in
Tessaveld.

<b>The chain of command failed.</b> Only the head of operations may order the sirens to be sounded. Pavo
Arnholt, the engineer on duty, telephoned Corin Dalvey, who held that post, four times between 02:10 and
02:50. Mr Dalvey told the Commission that his telephone had been switched off. He resigned on 17 April.
"""
COSTS = """\
The Ministry of Finance revised its estimate in August. It is now 49 per cent higher than in March, mainly
because the damage to the dam and its levees turned out to be twice as great as first thought.

The State budget covers 180 million tals. The Lorvenna Development Bank lends a further 120 million over 15
years, at 3.2 per cent a year. No source has been found for the remaining 162 million.

The railway from Harlamoor to Port Quell has carried trains again since 29 August, two weeks later than was
announced in May.
"""
COSTS_TABLE = (
    ("Cost of rebuilding (million tals)", "March 2025", "August 2025"),
    ("Homes", "142", "205"),
    ("Roads and railways", "76", "98"),
    ("Dam and levees", "41", "83"),
    ("Water and sewage", "38", "64"),
    ("Schools and clinics", "13", "12"),
    ("Total", "310", "462"),
)
RECOMMENDATIONS = """\
The Commission makes 14 recommendations, of which three are urgent:

1. The engineer on duty at any dam may sound the sirens without asking anyone.

2. All 22 spillway gates in the country are examined by an independent body before 1 March 2026.

3. Reports of divers and inspectors are published within 30 days.
"""

INK, FAINT, ACCENT, SHADE = HexColor("#1d2328"), HexColor("#5c666f"), HexColor("#1f4e5f"), HexColor("#eef2f4")
BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=12, leading=18.5, spaceAfter=9, textColor=INK)
HEADING = ParagraphStyle(
    "heading", BODY, fontName="Helvetica-Bold", fontSize=14.5, leading=19, spaceBefore=16, textColor=ACCENT,
    keepWithNext=True,
)  # fmt: skip
TITLE_STYLE = ParagraphStyle("title", HEADING, fontSize=22, leading=27, spaceBefore=8, spaceAfter=8)
ISSUER = ParagraphStyle("issuer", BODY, fontName="Helvetica", fontSize=10.5, leading=14, textColor=FAINT)
NOTICE_STYLE = ParagraphStyle(
    "notice", BODY, fontName="Helvetica", fontSize=9.5, leading=13, backColor=HexColor("#fff3cd"),
    borderColor=HexColor("#e3cf8d"), borderWidth=0.7, borderPadding=8, leftIndent=8, rightIndent=8,
    spaceBefore=16, spaceAfter=20,
)  # fmt: skip
CELL = ParagraphStyle("cell", BODY, fontName="Helvetica", fontSize=10, leading=14, spaceAfter=0)
HEAD_CELL = ParagraphStyle("head", CELL, fontName="Helvetica-Bold")


def inquiry_pdf() -> bytes:
    target = BytesIO()
    template = BaseDocTemplate(
        target, pagesize=A4, title=TITLE, author=PUBLISHER, subject="Fictional sample report",
        keywords="fictional: true", creator=PUBLISHER, lang="en", invariant=1,
        leftMargin=28 * mm, rightMargin=28 * mm, topMargin=28 * mm, bottomMargin=26 * mm,
    )  # fmt: skip
    frame = Frame(
        template.leftMargin, template.bottomMargin, template.width, template.height,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip
    template.addPageTemplates(PageTemplate(frames=[frame], onPageEnd=_furnish))
    template.build(_story())
    return target.getvalue()


def _furnish(canvas: Canvas, template: BaseDocTemplate) -> None:
    # reportlab's invariant mode dates every file to the year 2000; the report has another date.
    canvas.setDateFormatter(lambda *_: CREATED)
    left, right = template.leftMargin, A4[0] - template.rightMargin
    canvas.setFont("Helvetica", 8.5)
    canvas.setFillColor(FAINT)
    canvas.drawString(left, A4[1] - 18 * mm, "Maravel Dam: interim report")
    canvas.drawRightString(right, A4[1] - 18 * mm, "30 September 2025")
    canvas.setStrokeColor(FAINT)
    canvas.line(left, A4[1] - 20 * mm, right, A4[1] - 20 * mm)
    canvas.drawString(left, 15 * mm, "Fictional sample report")
    canvas.drawRightString(right, 15 * mm, f"Page {canvas.getPageNumber()}")


def _story() -> list[Flowable]:
    return [
        Paragraph(f"{PUBLISHER}, Republic of Lorvenna", ISSUER),
        Paragraph(TITLE, TITLE_STYLE),
        Paragraph("Tessaveld, 30 September 2025", ISSUER),
        Paragraph(NOTICE, NOTICE_STYLE),
        *_section("1. Summary", SUMMARY),
        *_section("2. Mandate and work", MANDATE),
        PageBreak(),
        *_section("3. The night of 9 to 10 March", NIGHT),
        _table(NIGHT_TABLE, (16, 22, 32, 84)),
        *_section("4. Causes", CAUSES),
        PageBreak(),
        *_section("5. Cost and recovery", COSTS),
        _table(COSTS_TABLE, (84, 35, 35)),
        *_section("6. Recommendations", RECOMMENDATIONS),
    ]


def _section(heading: str, text: str) -> list[Flowable]:
    return [Paragraph(heading, HEADING), *(Paragraph(part, BODY) for part in text.split("\n\n"))]


def _table(rows: tuple[tuple[str, ...], ...], widths_mm: tuple[int, ...]) -> Table:
    """A table with columns of figures (by the second row) aligned right, and columns of words left."""
    cells = [
        [
            Paragraph(cell, ParagraphStyle("aligned", style, alignment=TA_RIGHT) if figure else style)
            for cell, figure in zip(row, _figures(rows), strict=True)
        ]
        for number, row in enumerate(rows)
        for style in [HEAD_CELL if number == 0 or row[0] == "Total" else CELL]
    ]
    return Table(
        cells,
        colWidths=[width * mm for width in widths_mm],
        repeatRows=1,
        style=TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), SHADE),
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor("#c5ccd2")),
                ("LEFTPADDING", (-1, 0), (-1, -1), 18),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ]
        ),
        spaceBefore=6,
        spaceAfter=12,
    )


def _figures(rows: tuple[tuple[str, ...], ...]) -> list[bool]:
    return [cell.replace(",", "").replace(".", "").isdigit() for cell in rows[1]]


def placed_questions() -> str:
    """Compute each offset of evidence. Raises ValueError if some does not occur exactly once."""
    texts: dict[str, str] = {}
    lines = []
    for line in (SEEDS / QUESTIONS).read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        for evidence in question["evidence"]:
            name = evidence["document"]
            if name not in texts:
                texts[name] = load(SEEDS / name).text
            evidence.update(placed(evidence["text"], texts[name], f"{question['_id']} in {name}"))
        lines.append(json.dumps(question, ensure_ascii=False))
    return "\n".join(lines) + "\n"


def placed(words: str, text: str, where: str) -> dict[str, int]:
    """Raises ValueError, which names ``where``, if ``words`` do not occur exactly once."""
    found = text.count(words)
    if found != 1:
        raise ValueError(f"{where}: {words!r} occurs {found} times; quote words that occur once")
    start = text.index(words)
    return {"start": start, "end": start + len(words)}


def main() -> None:
    (SEEDS / INQUIRY).write_bytes(inquiry_pdf())
    (SEEDS / SCHOOLS).write_bytes(schools_pdf())
    (SEEDS / SIRENS).write_bytes(sirens_docx())
    questions = placed_questions()
    (SEEDS / QUESTIONS).write_text(questions, encoding="utf-8")


if __name__ == "__main__":
    main()
