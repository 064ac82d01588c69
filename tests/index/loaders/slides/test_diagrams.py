"""A SmartArt diagram is read as an outline."""

from __future__ import annotations

from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.slide import Slide
from pptx.util import Emu

from tests.support.slide_files import text


def test_the_words_of_a_diagram_follow_its_outline() -> None:
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"

    def point(name: str, words: str) -> str:
        return f'<d:pt modelId="{name}"><d:t><a:p><a:r><a:t>{words}</a:t></a:r></a:p></d:t></d:pt>'

    data = (
        f'<d:dataModel xmlns:d="{drawing}/diagram" xmlns:a="{drawing}/main">'
        '<d:ptLst><d:pt modelId="0" type="doc"/>'
        f"{point('2', 'Then warn')}{point('1', 'First look')}{point('3', 'at the pin')}</d:ptLst><d:cxnLst>"
        '<d:cxn srcId="0" destId="2" srcOrd="1"/><d:cxn srcId="0" destId="1" srcOrd="0"/>'
        '<d:cxn srcId="1" destId="3" srcOrd="0"/><d:cxn srcId="3" destId="1" srcOrd="0"/>'
        '<d:cxn type="presOf" srcId="1" destId="2" srcOrd="0"/></d:cxnLst></d:dataModel>'
    )
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def write(slide: Slide) -> None:
        kind = "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"
        part = Part(PackURI("/ppt/diagrams/data1.xml"), kind, slide.part.package, data.encode())
        reference = slide.part.relate_to(part, f"{relations}/diagramData")
        frame = slide.shapes.add_table(1, 1, Emu(0), Emu(0), Emu(1), Emu(1))._graphicFrame
        frame.graphic.graphicData.set("uri", f"{drawing}/diagram")
        frame.graphic.graphicData.replace(
            frame.graphic.graphicData[0],
            parse_xml(f'<d:relIds xmlns:d="{drawing}/diagram" xmlns:r="{relations}" r:dm="{reference}"/>'),
        )

    assert text(write) == "First look\nat the pin\nThen warn"
