"""Writes equations in OMML (ISO/IEC 29500-1, 22.1) or MathML 3 as text, such as ``√(x + 1)``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_SUPERSCRIPTS = str.maketrans("0123456789+-\N{MINUS SIGN}", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def superscript(text: str) -> str:
    """``2,500²`` instead of ``2,5002``; letters stay, since nobody searches for superscript letters."""
    return text.translate(_SUPERSCRIPTS)


def note_mark(written: str) -> str:
    """A mark with letters gets brackets."""
    return f"[{written}]" if any(map(str.isalpha, written)) else superscript(written)


M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_OFF = {"0", "false", "off"}
# A number, word or sign, which needs no brackets around it.
_SIMPLE = regex.compile(r"[-+\u2212]?[\p{L}\p{M}\p{N}.,%′]+|\P{L}")
# Unicode's invisible signs for function application, multiplication, separation and addition.
_INVISIBLE = regex.compile(r"[\u2061-\u2064]")


def is_equation(element: Element) -> bool:
    return element.tag in {f"{M}oMath", f"{M}oMathPara"}


def grouped(text: str) -> str:
    """One number, word or sign needs no brackets."""
    if not text or _SIMPLE.fullmatch(text) or _is_bracketed(text):
        return text
    return f"({text})"


def _is_bracketed(text: str) -> bool:
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return place == len(text) - 1 and place > 0
    return False


def fraction(above: str, below: str, sign: str = "/") -> str:
    return f"{grouped(above)}{sign}{grouped(below)}"


def scripted(base: str, below: str = "", above: str = "") -> str:
    return grouped(base) + (f"_{grouped(below)}" if below else "") + (f"^{grouped(above)}" if above else "")


def root(term: str, degree: str = "") -> str:
    before = superscript(degree) if degree.isdecimal() else f"^{grouped(degree)}" if degree else ""
    return f"{before}√{grouped(term)}"


def _matrix(rows: Iterable[Iterable[str]]) -> str:
    return "; ".join(", ".join(cells) for cells in rows)


def from_word(element: Element, words: Callable[[Element], str]) -> str:
    """``words`` returns the text of an element outside OMML."""
    tag = str(element.tag)
    if not tag.startswith(M):
        return words(element)
    local = tag.removeprefix(M)
    if local.endswith("Pr"):
        return ""
    term = _Term(element, words)
    return _OF_WORD[local](term) if local in _OF_WORD else term.inside(element)


@dataclass(frozen=True, slots=True)
class _Term:
    element: Element
    words: Callable[[Element], str]

    def inside(self, element: Element | None) -> str:
        children = element if element is not None else ()
        return "".join(from_word(child, self.words) for child in children).strip()

    def part(self, name: str) -> str:
        return self.inside(self.element.find(M + name))

    def parts(self, name: str) -> list[str]:
        return [self.inside(one) for one in self.element.iterfind(M + name)]

    def property(self, name: str, otherwise: str) -> str:
        found = self.element.find(f"{self.element.tag!s}Pr/{M}{name}")
        return found.get(f"{M}val", "1") if found is not None else otherwise

    def has(self, name: str) -> bool:
        return self.property(name, "0") not in _OFF


def _run(term: _Term) -> str:
    read = (child for child in term.element if child.tag != f"{M}rPr")
    return "".join(child.text or "" if child.tag == f"{M}t" else term.words(child) for child in read)


def _large_operator(term: _Term) -> str:
    below = "" if term.has("subHide") else term.part("sub")
    above = "" if term.has("supHide") else term.part("sup")
    return f"{scripted(term.property('chr', '∫'), below, above)} {term.part('e')}"


def _matrix_of_word(term: _Term) -> str:
    cell = term.element.getparent()
    around = cell.getparent() if cell is not None else None
    is_bracketed = cell is not None and len(cell) == 1 and around is not None and around.tag == f"{M}d"
    rows = _matrix(_Term(line, term.words).parts("e") for line in term.element.iterfind(f"{M}mr"))
    return rows if is_bracketed else f"[{rows}]"


_BARS = {"top": "\u0305", "bot": "\u0332"}
_OF_WORD: dict[str, Callable[[_Term], str]] = {
    "r": _run,
    "f": lambda term: fraction(
        term.part("num"), term.part("den"), "¦" if term.property("type", "bar") == "noBar" else "/"
    ),
    "sSup": lambda term: scripted(term.part("e"), above=term.part("sup")),
    "sSub": lambda term: scripted(term.part("e"), term.part("sub")),
    "sSubSup": lambda term: scripted(term.part("e"), term.part("sub"), term.part("sup")),
    "sPre": lambda term: scripted("", term.part("sub"), term.part("sup")) + term.part("e"),
    "rad": lambda term: root(term.part("e"), "" if term.has("degHide") else term.part("deg")),
    "nary": _large_operator,
    "d": lambda term: (
        term.property("begChr", "(")
        + term.property("sepChr", "|").join(term.parts("e"))
        + term.property("endChr", ")")
    ),
    "m": _matrix_of_word,
    "eqArr": lambda term: "; ".join(term.parts("e")),
    "func": lambda term: f"{term.part('fName')} {term.part('e')}",
    "limLow": lambda term: scripted(term.part("e"), term.part("lim")),
    "limUpp": lambda term: scripted(term.part("e"), above=term.part("lim")),
    "acc": lambda term: grouped(term.part("e")) + term.property("chr", "\u0302"),
    "bar": lambda term: grouped(term.part("e")) + _BARS.get(term.property("pos", "bot"), ""),
    "phant": lambda term: "" if term.property("show", "1") in _OFF else term.part("e"),
}


def is_mathml(element: Element) -> bool:
    """``math`` with any namespace or prefix."""
    return isinstance(element.tag, str) and _local(element) == "math"


def from_mathml(element: Element) -> str:
    """An equation that is nested too deeply becomes only its characters."""
    try:
        return _of_mathml(element).strip()
    except RecursionError:
        return "".join("".join(element.itertext()).split())


def _of_mathml(element: Element) -> str:
    parts = [_of_mathml(child) for child in element if isinstance(child.tag, str)]
    name = _local(element)
    if name in _OF_MATHML:
        # A damaged equation may have too few parts.
        return _OF_MATHML[name]([*parts, "", "", ""])
    if name == "mtable":
        lines = (line for line in element if _local(line) in {"mtr", "mlabeledtr"})
        rows = _matrix([_of_mathml(cell) for cell in line if _local(cell) == "mtd"] for line in lines)
        return f"[{rows}]"
    if name == "mfenced":
        separator = (element.get("separators", ",").strip() or " ")[0]
        return f"{element.get('open', '(')}{separator.join(parts)}{element.get('close', ')')}"
    if parts:
        return "".join(parts).strip()
    text = _INVISIBLE.sub("", " ".join((element.text or "").split()))
    return " " if name == "mspace" else text


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2]


_OF_MATHML: dict[str, Callable[[list[str]], str]] = {
    "mfrac": lambda parts: fraction(parts[0], parts[1]),
    "msup": lambda parts: scripted(parts[0], above=parts[1]),
    "mover": lambda parts: scripted(parts[0], above=parts[1]) if len(parts[1]) != 1 else parts[0] + parts[1],
    "msub": lambda parts: scripted(parts[0], parts[1]),
    "munder": lambda parts: f"{scripted(parts[0], parts[1])} ",
    "msubsup": lambda parts: scripted(parts[0], parts[1], parts[2]),
    "munderover": lambda parts: f"{scripted(parts[0], parts[1], parts[2])} ",
    "msqrt": lambda parts: root("".join(parts)),
    "mroot": lambda parts: root(parts[0], parts[1]),
    "semantics": lambda parts: parts[0],
    "mphantom": lambda _: "",
    "annotation": lambda _: "",
    "annotation-xml": lambda _: "",
}
UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # leaving the sign out would change the meaning of a sentence
_FIRST = 0x20
_PRIVATE = 0xF000
_PRIVATE_SIGNS = regex.compile("[\uf020-\uf0ff]")
_SIGNS = regex.compile("[\x20-\xff\uf020-\uf0ff]")
# The mappings are Unicode's for Symbol and, since 7.0, for Wingdings and Webdings. Signs that few fonts have
# are replaced by similar ones that most fonts have: ✓, ✗, ☑, ☒, □, ← and →.
_FONTS = {
    "symbol": (
        " !∀#∃%&∍()*+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩ"
        "ΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}~�����������������"
        "����������������€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩"
        "∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪�〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭�"
    ),
    "wingdings": (
        " 🖉✂✁👓🕭🕮🕯🕿✆🖂🖃📪📫📬📭🗀🗁🗎🗏🗐🗄⌛🖮🖰🖲🖳🖴🖫🖬✇✍🖎✌🖏👍👎☜☞☝☟🖐☺😐☹💣🕱🏳🏱✈☼🌢❄🕆✞🕈"
        "✠✡☪☯🕉☸♈♉♊♋♌♍♎♏♐♑♒♓🙰🙵⚫🔾◼□🞐❑❒🞟⧫◆❖⬩☒⮹⌘🏵🏶🙶🙷▯🄋➀➁➂➃➄➅➆➇➈➉🄌➊➋➌➍"
        "➎➏➐➑➒➓🙢🙠🙡🙣🙞🙜🙝🙟∙•⬝⭘🞆🞈🞊🞋🔿▪◻🟁🟅★🟋🟏🟓🟑⯐⌖⯎⯏⯑✪✰🕐🕑🕒🕓🕔🕕🕖🕗🕘🕙🕚🕛⮰⮱⮲⮳⮴"
        "⮵⮶⮷🙪🙫🙕🙔🙗🙖🙐🙑🙒🙓⌫⌦⮘➢⮙⮛⮈⮊⮉⮋←→↑↓🡬🡭🡯🡮🡸🡺🡹🡻🡼🡽🡿🡾⇦⇨⇧⇩⬄⇳⬁⬀⬃⬂🢬🢭✗✓☒☑�"
    ),
    "wingdings 2": (
        " 🖊🖋🖌🖍✄✀🕾🕽🗅🗆🗇🗈🗉🗊🗋🗌🗍📋🗑🗔🖵🖶🖷🖸🖭🖯🖱🖒🖓🖘🖙🖚🖛👈👉🖜🖝🖞🖟🖠🖡👆👇🖢🖣🖑✗✓🗵☑⮽☒⮾⮿🛇"
        "⦸🙱🙴🙲🙳‽🙹🙺🙻🙦🙤🙥🙧🙚🙘🙙🙛⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿�☉🌕☽☾⸿✝🕇🕜🕝🕞🕟🕠🕡🕢🕣🕤"
        "🕥🕦🕧🙨🙩⋅🞄⦁●○🞅🞇🞉⊙⦿🞌🞍◾■□🞑🞒🞓🞔▣🞕🞖🞗🞘⬩⬥◇🞚◈🞛🞜🞝🞞⬪⬧◊🞠◖◗⯊⯋⯀⯁⬟⯂⬣⬢⯃⯄🞡🞢"
        "🞣🞤🞥🞦🞧🞨🞩🞪🞫🞬🞭🞮🞯🞰🞱🞲🞳🞴🞵🞶🞷🞸🞹🞺🞻🞼🞽🞾🞿🟀🟂🟄🟆🟉🟊✶🟌🟎🟐🟒✹🟃🟇✯🟍🟔⯌⯍※⁂������"
    ),
    "wingdings 3": (
        " ⭠⭢⭡⭣⭦⭧⭩⭨⭰⭲⭱⭳⭶⭸⭻⭽⭤⭥⭪⭬⭫⭭⭍⮠⮡⮢⮣⮤⮥⮦⮧⮐⮑⮒⮓⮀⮃⭾⭿⮄⮆⮅⮇⮏⮍⮎⮌⭮⭯⎋⌤⌃⌥␣⍽"
        "⇪⮸🢠🢡🢢🢣🢤🢥🢦🢧🢨🢩🢪🢫🡐🡒🡑🡓🡔🡕🡗🡖🡘🡙▲▼△▽◀▶◁▷◣◢◤◥🞀🞂🞁�🞃⯅⯆⯇⯈⮜⮞⮝⮟🠐🠒🠑🠓🠔🠖🠕"
        "🠗🠘🠚🠙🠛🠜🠞🠝🠟🠀🠂🠁🠃🠄🠆🠅🠇🠈🠊🠉🠋🠠🠢🠤🠦🠨🠪🠬🢜🢝🢞🢟🠮🠰🠲🠴🠶🠸🠺🠹🠻🢘🢚🢙🢛🠼🠾🠽🠿🡀🡂🡁🡃🡄🡆🡅"
        "🡇⮨⮩⮪⮫⮬⮭⮮⮯🡠🡢🡡🡣🡤🡥🡧🡦🡰🡲🡱🡳🡴🡵🡷🡶🢀🢂🢁🢃🢄🢅🢇🢆🢐🢒🢑🢓🢔🢖🢕🢗���������������"
    ),
    "webdings": (
        " 🕷🕸🕲🕶🏆🎖🖇🗨🗩🗰🗱🌶🎗🙾🙼🗕🗖🗗⏴⏵⏶⏷⏪⏩⏮⏭⏸⏹⏺🗚🗳🛠🏗🏘🏙🏚🏜🏭🏛🏠🏖🏝🛣🔍🏔👁👂🏞🏕🛤🏟🛳🕬🕫🕨"
        "🔈🎔🎕🗬🙽🗭🗪🗫⮔✔🚲⬜🛡📦🛱⬛🚑🛈🛩🛰🟈🕴⬤🛥🚔🗘🗙❓🛲🚇🚍⛳⦸⊖🚭🗮⏐🗯🗲�🚹🚺🛉🛊🚼👽🏋⛷🏂🏌🏊🏄🏍🏎🚘🗠"
        "🛢💰🏷💳👪🗡🗢🗣✯🖄🖅🖃🖆🖹🖺🖻🕵🕰🖽🖾📋🗒🗓🕮📚🗞🗟🗃🗂🖼🎭🎜🎘🎙🎧💿🎞📷🎟🎬📽📹📾📻🎚🎛📺💻🖥🖦🖧🕹🎮🕻🕼📟"
        "🖁🖀🖨🖩🖿🖪🗜🔒🔓🗝📥📤🕳🌣🌤🌥🌦☁🌨🌧🌩🌪🌬🌫🌜🌡🛋🛏🍽🍸🛎🛍Ⓟ♿🛆🖈🎓🗤🗥🗦🗧🛪🐿🐦🐟🐕🐈🙬🙮🙭🙯🗺🌍🌏🌎🕊"
    ),
}
_ANY_FONT = {0xB7: "•", 0xA7: "▪", 0xD8: "➢", 0xFC: "✓"}  # in an unknown font: bullets of lists, most likely


def is_symbol_font(font: str | None) -> bool:
    return font is not None and font.casefold() in _FONTS


def sign(place: int, font: str | None) -> str:
    """``place`` is 0x20 to 0xFF, or the same in the private use area; ``UNKNOWN`` if nobody knows it."""
    at = place - _PRIVATE if place >= _PRIVATE else place
    signs = _FONTS.get((font or "").casefold())
    if signs is None:
        return _ANY_FONT.get(at, UNKNOWN)
    return signs[at - _FIRST] if 0 <= at - _FIRST < len(signs) else UNKNOWN


def in_font(text: str, font: str | None, *, is_raised: bool = False) -> str:
    """Outside symbol fonts, only characters of the private use area change."""
    signs = _SIGNS if is_symbol_font(font) else _PRIVATE_SIGNS
    shown = signs.sub(lambda match: sign(ord(match[0]), font), text)
    return superscript(shown) if is_raised else shown
