"""Lists of words for reading a statement: words that limit a figure, divide clauses, or carry no meaning.

English, Vietnamese, Indonesian and Chinese.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

import regex

from index.search import NO_SPACES, PAIRS, Term, terms

GENRE = frozenset({
    "situation", "sitrep", "update", "news", "press", "release", "bulletin", "brief", "statement",
    "correction",
    "fictional", "no", "review",
})  # fmt: skip
"""Words of titles that name a kind of text."""

_I = regex.IGNORECASE

BOUNDARY = regex.compile(
    r"[;:()—–，；：（）、。]|,(?!\d)|\.\s"
    r"|\s(?:and|but|while|whereas|against|compared|including|excluding|of whom|of which|up from"
    r"|down from|from|to)\b"
    r"|\s(?:và|nhưng|trong khi|trong đó|so với|bao gồm|từ|lên|xuống|dan|tetapi|sedangkan|termasuk"
    r"|di antaranya"
    r"|dibandingkan|dari|menjadi)\s|而且?(?!非)|但|其中|以及",
    _I,
)
"""The possible ends of a clause. An end too many is harmless, because clauses without figures count for every
figure."""

DENIED_BEFORE = regex.compile(
    r"(?:\bnot|\brather than|\binstead of|n[’']t|\bchứ không phải(?: là)?|\bkhông phải(?: là)?"
    r"|\bbukan(?:lah)?"
    r"|而非|而不是|不是|并非)\s*(?:the\s)?$",
    _I,
)
FORMER_BEFORE = regex.compile(
    r"(?:\bfrom|\bagainst|\bcompared (?:with|to)|\bthan|\bversus|\btừ|\bso với|\bdari"
    r"|\bdibandingkan(?: dengan)?"
    r"|从|由|高于|低于|相比)\s*(?:the\s|an?\s|mức\s|about\s)?$",
    _I,
)
REVISED = regex.compile(
    r"\b(?:estimated|announced|reported|thought|believed|claimed|published|given|stated|assumed)\b"
    r"|công bố|ước tính|diumumkan|diperkirakan|公布|宣布|估计",
    _I,
)
"""Words after a former figure (*than the 40 first reported*) which show that it was an earlier report of the
same thing."""

CHANGE_BEFORE = regex.compile(
    r"(?:\bby|\banother|\ba further|\badditional|\bextra|\bnew|\b(?:increase|rise|drop|fall|decline"
    r"|growth|decrease"
    r"|difference|gap|shortfall)(?: of)?|\bthêm|\btăng|\bgiảm|\btambahan|\bnaik|\bturun|\bbertambah"
    r"|\bberkurang"
    r"|新增|增加|减少|下降|上升|增长|另有)\s*(?:a\s|about\s|了\s*)?$",
    _I,
)
CHANGE_AFTER = regex.compile(
    r"\s?(?:more|fewer|less|additional|extra|further|new|others?|higher|lower|lagi|baru|nữa|mới"
    r"|khác|lainnya)\b",
    _I,
)
PART_OF = regex.compile(
    r"\s?(?:\p{L}+\s)?(?:of (?:the(?:m|se|ir)?|those|whom|which|all)|trong số|di antara)\b", _I
)
SUBSET = regex.compile(
    r"\s*(?:including|excluding|of whom|of which|among them|half|most|trong đó|bao gồm|termasuk"
    r"|di antaranya|其中|包括)",
    _I,
)

MONEY = regex.compile(
    r"\b(?:cost\w*|price\w*|worth|paid|pay|spen[dt]\w*|budget|damage|losses|aid|fund\w*|chi phí"
    r"|biaya)\b",
    _I,
)
"""Words beside amounts of money, which also mark amounts in unknown currencies."""

_ORGANISATION = (
    r"(?:Ministry|Office|Agency|Cross|Crescent|Commission|Institute|Bureau|Authority|University"
    r"|Department|Council"
    r"|Committee|Organi[sz]ation|Nations|Inspectorate|Police|Service|UNHCR|UNICEF|OCHA|WHO|IOM|UN"
    r"|NGO|Government)"
)
BLANKED = regex.compile(
    r"(?:\baccording to|\bas (?:told|reported) by)\s[^,.;\d]*"
    rf"|(?<!\b(?:of|in|at|from|for)\s(?:the\s)?)(?:\b[Tt]he\s)?\b(?:\p{{Lu}}[\p{{L}}’'-]*\s(?:(?:of"
    rf"|for|on|and|the)\s){{0,2}}){{0,4}}"
    rf"{_ORGANISATION}\b(?:\s(?:(?:of|for|on|and|the)\s){{0,2}}\p{{Lu}}[\p{{L}}’'-]*){{0,4}}"
    r"|\b(?:\p{Lu}[\p{L}’'-]*\s){1,4}(?:said|says|told \p{L}+)\b|\b(?:said"
    r"|says)\s(?:\p{Lu}[\p{L}’'.-]*\s?){1,4}"
    r"|\b(?i:theo|menurut)\s[^,.;\d]*,|据[^，,。\d]{1,20}[，,]"
    r"|\b(?:Bộ|Cục|Sở|Kementerian|Badan|Dinas)(?:\s\p{Lu}[\p{L}\p{M}]*(?:\s\p{Ll}{1,3}(?=[\s,.]"
    r"|$))?){1,4}"
)
"""The names of sources. They are removed, because sources that differ may still count the same thing."""

_LIGHT = frozenset(
    """
the a an of in on at to by for with and or but as is are was were be been being am has
have had do does did not no that which who whom whose this these those there here it its
they them their he she his her we our you your i from into onto over under about around
than then when while where if so such also only just still already now far out up down
off per more most less least some any all each every both either nearly almost roughly
approximately estimated estimate estimates exactly least total totals totalled totaled
number numbers count counts counted record records recorded report reports reported
register registers registered put puts stand stands stood reach reaches reached amount
amounts amounted figure figures say says said tell told state states stated show shows
showed give gives gave hold holds held announce announced make makes made find finds
found first currently meanwhile today yesterday overnight later earlier so far least
according official officials ministry government authorities time mark will would could
may might can least thousand thousands million millions billion billions hundred
hundreds dozens rise rises rose risen fall falls fell fallen grow grows grew climb
climbs climbed drop drops dropped within during since until after before between known level
against compared và của là có được bị đã đang sẽ các những một cho với tại ở trong trên
dưới từ đến tới lên xuống khi vì do theo này đó khoảng hơn gần tổng cộng số lượng con
trận cơn đợt ít nhất về ra vào thì mà cũng chỉ còn như không làm khiến ghi nhận báo cáo
công bố thống kê ước tính chính quyền bộ nghìn triệu tỷ ngàn trăm phải yang di ke dari
dan pada untuk dengan oleh adalah telah sudah akan sedang ini itu para tidak dalam
karena saat ketika serta sekitar sebanyak jumlah lebih hampir kurang total mencapai
tercatat menjadi ada terdapat menurut kata mencatat melaporkan sedikitnya setidaknya
seorang ribu juta miliar ratus pemerintah kementerian
""".split()  # noqa: SIM905 (a list of words is read more easily than a list of strings)
)

_LIGHT_HAN = regex.compile(
    r"造成|导致|共有|约有|达到|超过|至少|大约|目前|截至|已经|报告|统计|公布|表示|显示|宣布|总数"
    r"|数量|人数|官方|当局|已有|[约共达有为是的了在已被和与及至到于名人]"
)

_LIMITS: Mapping[str, regex.Pattern[str]] = {
    name: regex.compile(pattern, _I)
    for name, pattern in {
        "women": r"\b(?:wom[ae]n|female|girls?|mothers?|phụ nữ|nữ|perempuan|wanita)\b|妇女|女性|女童",
        "men": r"\b(?:m[ae]n|male|boys?|fathers?|nam giới|laki-laki|pria)\b|男性|男子",
        "children": r"\b(?:child|children|minors?|infants?|babies|pupils|students|trẻ em|học sinh"
                    r"|anak(?:-anak)?|siswa"
                    r")\b|儿童|孩子|学生",
        "old": r"\b(?:elderly|older|adults?|người già|lansia|dewasa)\b|老人|成人",
        "foreign": r"\b(?:foreign\p{L}*|tourists?|migrants?|refugees?|nước ngoài|asing)\b|外国|外籍|游客",
        "staff": r"\b(?:soldiers?|civilians?|workers?|officers?|staff|binh sĩ|tentara"
                 r"|warga sipil)\b|士兵|平民|工人",
        "confirmed": r"\bconfirmed\b|\bxác nhận\b|\bterkonfirmasi\b|确诊",
        "suspected": r"\b(?:suspected|probable|possible|nghi ngờ|suspek|diduga)\b|疑似",
        "plan": r"\b(?:plan(?:s|ned)?|target(?:s|ed)?|goals?|expect(?:s|ed)?|forecasts?|projected"
                r"|needs?|needed"
                r"|required|capacity|limits?|budget(?:ed)?|pledged?|promised|set up for|dự kiến"
                r"|kế hoạch|mục tiêu"
                r"|direncanakan|ditargetkan|rencana|anggaran|kapasitas)\b|计划|预计|目标|预算|将",
        "will": r"\bwill\b|\bsẽ\b|\bakan\b",
        "average": r"\b(?:average|mean|median|trung bình|rata-rata)\b|平均|人均",
        "most": r"\b(?:peak(?:ed)?|highest|lowest|maximum|minimum|record high|cao nhất|tertinggi)\b"
                r"|最高|最低",
        "north": r"\bnorth\p{L}*|\bphía bắc\b|\butara\b|北部", "south": r"\bsouth\p{L}*"
                 r"|\bphía nam\b|\bselatan\b|南部",
        "east": r"\beast\p{L}*|\bphía đông\b|\btimur\b|东部", "west": r"\bwest\p{L}*|\bphía tây\b"
                r"|\bbarat\b|西部",
        "rural": r"\b(?:rural|nông thôn|pedesaan)\b|农村", "urban": r"\b(?:urban|thành thị"
                 r"|perkotaan)\b|城市",
        "first": r"\bfirst\b(?!\s(?:estimates?|counts?|figures?|reports?|assessments?)\b)|\bpertama\b|第一",
        "second": r"\bsecond\b|\bthứ hai\b|\bkedua\b|第二",
        "third": r"\bthird\b|\bthứ ba\b|\bketiga\b|第三",
        "single": r"\b(?:alone|single|one of|mỗi|setiap|each)\b|单独|每",
        "denial": r"\b(?:no|not|never|without|neither|failed|không|chưa|tidak|bukan|belum)\b"
                  r"|n[’']t\b|没有|未|不",
        "now": r"\b(?:weekly|monthly|daily|annual(?:ly)?|yearly|quarter(?:ly)?|half|semester|quý"
               r"|triwulan)\b|季度|半年",
    }.items()
}  # fmt: skip

_MEANINGS: Mapping[str, str] = {
    **dict.fromkeys(("dead", "die", "death", "kill", "toll", "fatal", "perish", "live"), "dead"),
    **dict.fromkeys(("injur", "wound", "hurt"), "hurt"),
    **dict.fromkeys(("home", "hous"), "home"),
    **dict.fromkeys(("cost", "price"), "cost"),
    **dict.fromkeys(("rebuild", "rebuilt", "reconstruct"), "rebuild"),
}
"""English stems that newsrooms use for one another. *Live* is the stem of *lives* in *lives lost*."""

PERSONS = frozenset(
    {"peopl", "people", "person", "orang", "nguoi", "resid", "residents", "individu", "individual"}
)
"""Words for human beings. They do not distinguish one count of people from another."""


@lru_cache(maxsize=65_536)
def is_light(word: str, language: str) -> bool:
    """Return whether a word says nothing about the things that a figure counts."""
    return word.casefold() in _LIGHT or word.isdigit() or not terms(word, language)


def without_light_han(text: str) -> str:
    """Replace Chinese words that say nothing about the counted things by blanks; the length stays."""
    if not NO_SPACES.search(text):
        return text
    return _LIGHT_HAN.sub(lambda match: " " * len(match[0]), text)


def limits_of(words: str) -> Iterator[str]:
    """Yield the names of the limits in ``words``: a part of the counted things, or a plan."""
    for name, pattern in _LIMITS.items():
        if pattern.search(words):
            yield name


def meaning(term: Term) -> Term:
    """Return one form of a term for all English terms of the same meaning."""
    field, word = term
    return (field, _MEANINGS.get(word, word)) if field == "en" else term


def is_person(term: Term) -> bool:
    """Return whether a term only means human beings."""
    return term[1] in PERSONS


def is_pair(term: Term) -> bool:
    """Return whether a term is a pair of characters of a script without spaces."""
    return term[0] == PAIRS


def places_without_capitals(words: str) -> Iterator[str]:
    """Yield the places in a Chinese text: countries from a list, and districts by their endings."""
    if not NO_SPACES.search(words):
        return
    yield from _countries().findall(words)
    for match in regex.finditer(r"\p{Han}{1,2}(?:省|市|县|区|州|镇|村|岛|谷)(?!民)", words, overlapped=True):
        yield match[0]


@cache
def _countries() -> regex.Pattern[str]:
    from babel import Locale

    names = [name for code, name in Locale("zh").territories.items() if code.isalpha() and len(name) > 1]
    return regex.compile("|".join(map(regex.escape, sorted(names, key=len, reverse=True))))
