"""Equations become a line of text with the same meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.loaders.html.page import read_html
from tests.support.word_files import p, run
from tests.support.word_files import text as text_of


def r(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def term(name: str, properties: str = "", **parts: str) -> str:
    inside = "".join(f"<m:{part}>{text}</m:{part}>" for part, text in parts.items())
    return f"<m:{name}><m:{name}Pr>{properties}</m:{name}Pr>{inside}</m:{name}>"


def val(name: str, value: str) -> str:
    return f"<m:{name} m:val='{value}'/>"


MATRIX = (
    "<m:m>" + "".join(f"<m:mr><m:e>{r(a)}</m:e><m:e>{r(b)}</m:e></m:mr>" for a, b in ("ab", "cd")) + "</m:m>"
)


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        (term("f", num=r("1"), den=r("2")), "1/2"),
        (term("f", num=r("a+b"), den=r("2c") + r("−1")), "(a+b)/(2c−1)"),
        (term("f", val("type", "noBar"), num=r("n"), den=r("k")), "n¦k"),
        (term("sSup", e=r("10"), sup=r("−6")), "10^−6"),
        (term("sSup", e=term("d", e=r("a+b")), sup=r("2")), "(a+b)^2"),
        (term("sSub", e=r("CO"), sub=r("2")), "CO_2"),
        (term("sSubSup", e=r("x"), sub=r("i+1"), sup=r("2")), "x_(i+1)^2"),
        (term("rad", val("degHide", "1"), deg="", e=r("x+1")), "√(x+1)"),
        (term("rad", deg=r("3"), e=r("8")), "³√8"),
        (
            term("nary", val("chr", "∑"), sub=r("i=1"), sup=r("n"), e=term("sSub", e=r("x"), sub=r("i"))),
            "∑_(i=1)^n x_i",
        ),
        (term("nary", sub=r("0"), sup=r("1"), e=r("f")), "∫_0^1 f"),
        (term("d", val("begChr", "|") + val("endChr", "|"), e=r("x")), "|x|"),
        (term("d", val("begChr", "{") + val("endChr", ""), e=term("eqArr", e=r("x if true"))), "{x if true"),
        (MATRIX, "[a, b; c, d]"),
        (term("d", val("begChr", "[") + val("endChr", "]"), e=MATRIX), "[a, b; c, d]"),
        (term("func", fName=r("sin"), e=r("x")), "sin x"),
        (term("func", fName=term("limLow", e=r("lim"), lim=r("n→∞")), e=r("a")), "lim_(n→∞) a"),
        (term("acc", e=r("x")), "x\u0302"),
        (term("phant", val("show", "0"), e=r("x")) + r("y"), "y"),
        (
            term("f", num=term("f", num=r("a"), den=r("b")), den=term("rad", val("degHide", "1"), e=r("c"))),
            "(a/b)/(√c)",
        ),
        (f"<w:del w:id='1' w:author='x'>{r('not')}</w:del>{r('x')}", "x"),
    ],
)
def test_an_equation_of_word(xml: str, text: str) -> None:
    equation = f"<m:oMathPara><m:oMath>{xml}</m:oMath></m:oMathPara>"
    assert text_of(p(run("So ") + equation + run(" holds."))) == f"So {text} holds."


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"),
        ("<msup><mn>10</mn><mn>6</mn></msup>", "10^6"),
        ("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "√(x+1)"),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi>",
            "∑_(i=1)^n i",
        ),
        ("<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr></mtable>", "[1, 2]"),
        (
            "<semantics><mrow><mi>a</mi></mrow><annotation encoding='TeX'>\\alpha</annotation></semantics>",
            "a",
        ),
        ("<mphantom><mn>3</mn></mphantom><mn>4</mn>", "4"),
        ("<mi>f</mi><mo>&#8289;</mo><mi>x</mi>", "fx"),
    ],
)
def test_an_equation_of_a_page(markup: str, text: str) -> None:
    page = (
        f"<html><body><p>Because of rain, it was <math><mrow>{markup}</mrow></math> of all.</p></body></html>"
    )
    assert read_html(page.encode(), Path("page.html")).text == f"Because of rain, it was {text} of all."
