"""Rewrites follow-ups in Chinese, Vietnamese and Indonesian, with names of earlier turns.

A name replaces a pronoun, or the part that the earlier question has in its place. A name is recognised by its
capital letters; in Chinese, by its place before a question word or a verb.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.follow_ups.antecedents import Resolved, Source

_HAN = regex.compile(r"\p{Han}")
_ZH_OPENING = regex.compile(r"^(?:(?:好的|好|谢谢|请问|那么|那(?!里|儿|个|些|次)|还有|而)[，,。!！\s]*)+")
_ZH_ELLIPSIS = regex.compile(r"^(?P<what>[^，。？?]{1,16}?)(?:呢|怎么样|如何)$")
_ZH_PRONOUN = regex.compile(r"(?:他们|她们|它们|他|她|它|那里|那儿|这里|该国|该地)")
_ZH_LIGHT = regex.compile(
    r"为什么|什么时候|何时|为何|怎么|是否|多少|哪里|什么|谁|几|还|又|在|对|给|是|有|被|从|和|人|名|个"
)
_ZH_LEAD = regex.compile(
    r"^(?:在)?(?P<lead>[\p{Han}\p{Latin}·\s]{2,16}?)"
    r"(?=是|有|在|什么|谁|何|多少|几|为|怎|被|将|会|于|要|能|下令|宣布|说|的|亲自|已|因|对|共|也|，|：|\p{Nd})"
)
_ZH_ASKS = regex.compile(r"谁|什么|为何|哪|多少|几|有|怎|何|如")
_ZH_PLACE = regex.compile(r"在(?P<place>\p{Han}{2,8}?)(?=有|的|被|发|进|逮|建|抓|开|设|共|什|多|$)")
_ZH_DATE = regex.compile(
    r"(?:[\d一二三四五六七八九十〇]{1,4}(?:年|月|日|号))+|去年|今年|明年|上个?月|下个?月|昨天|今天"
    r"|星期[一二三四五六日]"
)

_DATE = regex.compile(
    r"(?:(?:ngày|tanggal)\s\d{1,2}\s)?"
    r"(?:(?:tháng|bulan)\s(?:\d{1,2}|\p{L}+)|Januari|Februari|Maret|April|Mei|Juni"
    r"|Juli|Agustus|September|Oktober|November|Desember)(?:\s(?:năm|tahun)?\s?\d{4})?|(?:năm|tahun)\s\d{4}"
    r"|(?:ngày|tanggal)\s\d{1,2}|năm ngoái|năm nay|tahun lalu|tahun ini",
    regex.IGNORECASE,
)
_PRONOUN = regex.compile(
    r"\b(?:(?P<person>(?:ông|bà|anh|chị|cô)\s(?:ấy|ta)|dia|ia|beliau)"
    r"|(?P<place>(?:ở|tại|từ|đến)\s(?:đó|đấy)(?!\p{L})|nơi\s(?:đó|ấy)|(?:di|ke|dari)\s(?:sana|situ))"
    r"|(?P<any>họ|nó|chúng|mereka))\b",
    regex.IGNORECASE,
)
_ELLIPSIS = regex.compile(
    r"^(?:(?:còn|thế còn|vậy còn|và|thế)\s(?P<what>.{1,60}?)(?:\sthì sao)?|(?P<what>.{1,60}?)\sthì sao"
    r"|(?:dan\s|lalu\s|kalau\s)?bagaimana dengan\s(?P<what>.{1,60})|(?:kalau|dan|lalu)\s(?P<what>.{1,60}))$",
    regex.IGNORECASE,
)
_OPENING = regex.compile(
    r"^(?:(?:cảm ơn|vâng|được rồi|terima kasih|baik|oke?|ok)(?!\p{L})[\s,.!]*)+", regex.IGNORECASE
)
_VERBS = regex.compile(
    r"\b(?:là|có|bị|được|đã|sẽ|ai|gì|nào|sao|bao nhiêu|adalah|ada|apa|siapa|kapan|berapa|mengapa|kenapa"
    r"|yang)\b",
    regex.IGNORECASE,
)
_NAME = regex.compile(r"\p{Lu}[\p{L}\p{M}’'-]*(?:\s(?:&\s)?\p{Lu}[\p{L}\p{M}’'-]*)*")
_NOT_NAMES = frozenset({
    "ai", "khi", "bao", "tại", "vì", "có", "những", "ở", "nhà", "các", "theo", "và", "còn", "thế", "trong",
    "siapa", "kapan", "berapa", "di", "mengapa", "kenapa", "apa", "apakah", "bagaimana", "dan", "lalu",
    "kalau", "menurut", "ông", "bà", "dia", "ia", "mereka", "họ", "nó", "tháng", "năm",
})  # fmt: skip
_PLACED = regex.compile(r"\b(?:ở|tại|từ|đến|vào|di|ke|dari|pada)\s(?:\p{Ll}+\s)?$", regex.IGNORECASE)
_TONGUE = regex.compile(
    r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]|\b(?:thì sao|còn|bagaimana|dia|beliau|mereka"
    r"|di sana|di situ|siapa|kapan|berapa|yang|mengapa)\b|^(?:dan|lalu|kalau)\s(?:bulan|tahun|di|pada)\b",
    regex.IGNORECASE,
)
_ENGLISH = regex.compile(
    r"\b(?:what|who|whom|when|where|why|how|which|did|does|the|is|was|were|are|and)\b", regex.IGNORECASE
)


def is_asian(question: str) -> bool:
    """Tell if a question is Chinese, Vietnamese or Indonesian, as far as letters and function words show."""
    if _ENGLISH.search(question) is not None:
        # An English question may have Vietnamese or Chinese names.
        return False
    return _HAN.search(question) is not None or _TONGUE.search(question) is not None


def rewrite(question: str, sources: Sequence[Source]) -> Resolved | None:
    """Complete a question with words of earlier questions.

    Return None if the question needs no words, or if no words are found.

    Args:
        question: the question as asked.
        sources: earlier turns, the likeliest to be meant first.
    """
    core = question.strip().rstrip("?？!。. ")
    if _HAN.search(core):
        return _in_chinese(core, sources)
    return _in_latin(_OPENING.sub("", core), sources)


def _in_chinese(core: str, sources: Sequence[Source]) -> Resolved | None:
    core = _ZH_OPENING.sub("", core)
    elliptic = _ZH_ELLIPSIS.match(core)
    base = sources[0].base.rstrip("？。")
    if elliptic is not None and not _ZH_PRONOUN.search(core) and _HAN.search(base):
        return _chinese_ellipsis(elliptic["what"], base)
    pronoun = _ZH_PRONOUN.search(core)
    if pronoun is None or len(_ZH_LIGHT.sub("", core[: pronoun.start()])) > 2:
        return None
    is_place = pronoun.group() in {"那里", "那儿", "这里", "该国", "该地"}
    for source in sources:
        said = _chinese_name(source, is_place=is_place)
        if said is not None and said not in core:
            leads = "在" if is_place and pronoun.start() == 0 and "该" not in pronoun.group() else ""
            return f"{core[: pronoun.start()]}{leads}{said}{core[pronoun.end() :]}？", (said,)
    return None


def _chinese_ellipsis(what: str, base: str) -> Resolved:
    date = _ZH_DATE.search(base)
    if _ZH_DATE.fullmatch(what.removeprefix("在")):
        text = f"{base[: date.start()]}{what}{base[date.end() :]}" if date else f"{what}{base}"
        return f"{text}？", (base,)
    place = _ZH_PLACE.search(base)
    lead = _chinese_lead(base)
    bare = what.removeprefix("在")
    if place is not None:
        return f"{base[: place.start('place')]}{bare}{base[place.end('place') :]}？", (base,)
    if lead is not None:
        at = base.index(lead)
        return f"{base[:at]}{bare}{base[at + len(lead) :]}？", (base[at + len(lead) :],)
    return f"{what}：{base}？", (base,)


def _chinese_lead(text: str) -> str | None:
    match = _ZH_LEAD.match(text.strip())
    if match is None or _ZH_ASKS.match(match["lead"]):
        return None
    lead = _ZH_DATE.sub("", match["lead"]).strip()
    return lead if len(lead) >= 2 else None


def _chinese_name(source: Source, *, is_place: bool) -> str | None:
    if is_place:
        place = _ZH_PLACE.search(source.base)
        if place is not None:
            return str(place["place"])
    return _chinese_lead(source.base) or _chinese_lead(source.answer)


def _in_latin(core: str, sources: Sequence[Source]) -> Resolved | None:
    elliptic = _ELLIPSIS.match(core)
    if elliptic is not None and not (_VERBS.search(elliptic["what"]) or _PRONOUN.search(elliptic["what"])):
        return _latin_ellipsis(elliptic["what"].strip(), sources[0].base)
    pronoun = _PRONOUN.search(core)
    if pronoun is None or any(start < pronoun.start() for _, start in _names(core)):
        return None
    is_place = pronoun["place"] is not None
    for source in sources:
        said = _latin_name(source, is_place=is_place)
        if said is None:
            continue
        written = pronoun.group()
        lead = written.split()[0] if is_place and len(written.split()) > 1 else ""
        phrase = f"{lead} {said}".strip()
        text = core[: pronoun.start()] + phrase + core[pronoun.end() :]
        return f"{text[:1].upper()}{text[1:]}?", (said,)
    return None


def _latin_ellipsis(what: str, base: str) -> Resolved | None:
    date = _DATE.search(base)
    bare = regex.sub(r"^(?:vào|trong|pada|di|ở|tại)\s", "", what)
    if _DATE.fullmatch(bare):
        text = f"{base[: date.start()]}{bare}{base[date.end() :]}" if date else f"{base} {what}"
        return f"{text}?", (base,)
    earlier = [(name, start) for name, start in _names(base) if name not in what]
    if not earlier or not _names(f"x {bare}"):
        return None
    name, start = earlier[-1]
    before, after = base[:start], base[start + len(name) :]
    return f"{before}{bare}{after}?", tuple(part.strip() for part in (before, after) if part.strip())


def _latin_name(source: Source, *, is_place: bool) -> str | None:
    for text in (source.base, source.answer):
        found = _names(text)
        fitting = [name for name, start in found if bool(_PLACED.search(text[:start])) is is_place]
        if fitting:
            return fitting[0]
    return None


def _names(text: str) -> list[tuple[str, int]]:
    """Return the names in a text with their offsets."""
    found = []
    for match in _NAME.finditer(text):
        name, start = match.group(), match.start()
        first, _, rest = name.partition(" ")
        opens = not rest and start == 0 and len(text.split()) > 1
        if opens or first.casefold() in _NOT_NAMES:
            name, start = rest, start + len(first) + 1
        if name and not _DATE.search(name):
            found.append((name, start))
    return found
