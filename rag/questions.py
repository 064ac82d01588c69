"""Analyses a question: its language, the names in it, and the kind of answer that it expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import regex

from index.documents import UNKNOWN_LANGUAGE
from index.text import DAYS, MONTHS, detect
from rag.errors import QuestionError

MAX_QUESTION_CHARACTERS = 2000  # the encoder reads about 1,000 of them


class Kind(StrEnum):
    """The kinds are of Li and Roth, Learning Question Classifiers, 2002."""

    NUMBER = "a number"
    MONEY = "an amount of money"
    DATE = "a date"
    NAME = "a name"
    REASON = "a reason"
    OPEN = "anything"


class Form(StrEnum):
    FACT = "one fact"
    COMPARISON = "one fact for each of several things"
    LIST = "all items"
    SUMMARY = "an overview"


@dataclass(frozen=True, slots=True)
class Question:
    """``language`` is ISO 639-1, or ``und``; ``names`` are as written, with figures, each once."""

    text: str
    language: str
    names: tuple[str, ...]
    kind: Kind
    form: Form = Form.FACT


OF_A_DATE = regex.compile(
    rf"(?:{MONTHS}|{DAYS}|(?:[QH][1-4]|[1-4][QH])(?:[-/'’]?(?:20)?\d\d)?|FY['’]?(?:20)?\d\d|(?:First|Second"
    r"|Third|Fourth)-(?:Quarter|Half))"
)

POSSESSIVE = regex.compile(r"['’]s?$")

# They are those of the fourteen most spoken languages, by ISO 639-1 code.
QUESTION_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "ar": "من ما ماذا متى أين اين كيف كم لماذا لما هل أي اي أية ايه بكم",
        "bn": "কে কারা কার কাকে কী কি কখন কবে কোথায় কোথা কেন কীভাবে কিভাবে কেমন কত কতটা কতজন কতটি কোন কোনটি",
        "de": "was wer wen wem wessen wann wo wohin woher warum wieso weshalb wie welche welcher welches "
        "welchen welchem wieviel wieviele wofür womit wodurch worauf woran",
        "en": "what which who whom whose when where why how whether",
        "es": "qué quién quiénes cuál cuáles cuándo dónde adónde cómo cuánto cuánta cuántos cuántas por",
        "fr": "qui que quoi quel quelle quels quelles quand où comment combien pourquoi lequel laquelle "
        "lesquels lesquelles est-ce qu'est-ce",
        "hi": "कौन किसने किसे किसका किसकी किसके क्या कब कहाँ कहां क्यों कैसे कैसा कैसी कितना कितनी कितने किस किन",
        "id": "apa apakah siapa siapakah kapan kapankah mana di dimana kemana bagaimana bagaimanakah berapa "
        "berapakah mengapa kenapa",
        "it": "che chi cosa quale quali quando dove come perché quanto quanta quanti quante",
        "pt": "que quê quem qual quais quando onde aonde como quanto quanta quantos quantas porquê porque",
        "ru": "кто кого кому кем что чего чему чем какой какая какое какие какого каких каким когда где куда "
        "откуда почему зачем как сколько скольких чей чья чьё чьи который которая которое которые",
        "ur": "کون کس کسے کیا کب کہاں کیوں کیسے کیسا کیسی کتنا کتنی کتنے کونسا کونسی",
        "vi": "ai gì nào đâu sao mấy bao nhiêu khi thế tại vì",
        "zh": "什么 谁 哪 哪些 哪个 哪里 哪儿 何时 为什么 为何 怎么 怎样 如何 多少 几 多大 吗 呢",
    }.items()
}
_COUNTS = (
    "zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|"
    "thousands?|millions?|billions?|dozens?|half|third|quarter|twice"
)

_CARRIES: Mapping[Kind, regex.Pattern[str]] = {
    Kind.NUMBER: regex.compile(rf"\p{{N}}|\b(?:one|{_COUNTS}|no|none|single|both)\b", regex.IGNORECASE),
    Kind.MONEY: regex.compile(
        r"\p{Sc}|\b(?:[A-Z]{3}\s?\p{N}|\p{N}[\p{N}.,]*\s?(?:thousand|million|billion|trillion)?\s?[A-Z]{3}\b)"
        r"|\b(?:dollars?|euros?|pounds?|yen|yuan|riels?|baht|dong|rupiah|cents?|francs?|crowns?|marks?)\b"
        r"|\p{N}[\p{N}.,]*\s?(?:thousand|million|billion|trillion)\b",
        regex.IGNORECASE,
    ),
    Kind.DATE: regex.compile(
        rf"\b(?:{MONTHS}|{DAYS})\b|\b1\p{{N}}{{3}}\b|\b20\p{{N}}{{2}}\b|\p{{N}}(?:st|nd|rd|th)\b"
        r"|\b\p{N}{2,4}s\b|\b(?i:today|yesterday|tonight|century|centuries|decades?|noon|midnight|spring"
        r"|summer|autumn|winter|ago|since|until|after|before|during|year|years|month|week|days?|BC|AD)\b"
    ),
    Kind.NAME: regex.compile(
        rf"(?<=[\p{{L}}\p{{N}},;:”\"’')]\s[“\"‘'(]?)(?!{MONTHS}|{DAYS})\p{{Lu}}"
        r"|^[“\"‘'(]?\p{Lu}\w*\s\p{Lu}"
    ),
    Kind.REASON: regex.compile(
        r"\b(?:because|since|so that|therefore|thus|hence|consequently|thanks to|due to|owing to|driven by"
        r"|led to|as a (?:result|consequence)|results? (?:of|from)|resulted (?:in|from)"
        r"|attribut(?:ed|able) to|in order to|caus(?:e|es|ed|ing)|reasons?|reflect(?:s|ed|ing)?"
        r"|explain(?:s|ed)?|stem(?:s|med)? from|on account of|aims? to|for fear"
        r"|to (?:avoid|ensure|prevent|protect|allow|reduce|improve))\b",
        regex.IGNORECASE,
    ),
}

_ASKS: tuple[tuple[Kind, regex.Pattern[str]], ...] = (
    (
        Kind.REASON,
        regex.compile(
            r"\bwhy\b|\bhow come\b|\bfor (?:what|which) reasons?\b"
            r"|\bwhat (?:is|was|are|were) the .{0,20}\b(?:reason|cause|rationale)s?\b"
            r"|\bwhat (?:caused|made|drove|explains|explained|led to|lay behind)\b",
            regex.IGNORECASE,
        ),
    ),
    (
        Kind.MONEY,
        regex.compile(
            r"\bhow much (?:money|cash|funding|aid|did\b.*\bcost)|\bwhat (?:amount|sum) of money\b"
            r"|\bhow (?:many|much).{0,20}\b(?:dollars|euros|pounds|riels?)\b|\b(?:what|how much) .*\bcosts?\b"
            r"|\bwhat .*\bprice\b|\bhow much .*\b(?:pay|paid|spent|spend|raised|seized|worth)\b",
            regex.IGNORECASE,
        ),
    ),
    (
        Kind.DATE,
        regex.compile(
            r"^\W*when\b|\b(?:what|which) (?:year|date|day|month|century|decade)s?\b|\bsince when\b"
            r"|[,;] when\b|\band when\b|\b(?:on|in|by) (?:what|which) (?:year|date|day|month)\b",
            regex.IGNORECASE,
        ),
    ),
    (
        Kind.NUMBER,
        regex.compile(
            r"\bhow (?:many|much|long|old|far|large|big|high|tall|deep|fast|often)\b"
            r"|\bwhat (?:is|was|are|were) the "
            r"(?:population|number|percentage|proportion|share|rate|total|size)\b"
            r"|\b(?:what|which) (?:percentage|proportion|number|percent|fraction)\b",
            regex.IGNORECASE,
        ),
    ),
    (Kind.NAME, regex.compile(r"^\W*(?:who|whom|whose)\b|\bby whom\b", regex.IGNORECASE)),
)

_REPORTS = (
    "(?:reports?|documents?|papers?|files?|articles?|stud(?:y|ies)|letters?|filings?|releases?|10-[qk])"
)
_LIBRARY = "(?:my|the|this|your) (?:library|collection)"

_FORMS: tuple[tuple[Form, regex.Pattern[str]], ...] = (
    (
        Form.SUMMARY,
        regex.compile(
            r"^\W*(?:please |can you |could you )*(?:summari[sz]e|summary|outline|sum up"
            r"|(?:give|tell|show) (?:me )?(?:an? |the )?(?:\p{L}+ )?(?:overview|summary|gist))\b"
            r"|\b(?:overview|summary|gist) of\b|\btl;?\s?dr\b"
            r"|\b(?:main|key) (?:points|findings|messages|takeaways|conclusions|figures|facts|results"
            r"|highlights)\b"
            r"|\b(?:brief|quick|short) (?:overview|summary)\b|\bwhat(?:['’]?s| is) (?:it|that|this) about\W*$"
            r"|^\W*what(?:['’]?s| is| are| was| were) .{0,40}\babout(?:\W*$|,)|^\W*tell me about\b"
            rf"|^\W*what(?:['’]?s| is| are| does| do)\b.*\b{_REPORTS}\b.*\b(?:about|say|cover)(?:\W*$|,)"
            rf"|^\W*(?:what|which) (?:kinds? of )?{_REPORTS} (?:do (?:you|i|we) have|are there"
            r"|(?:are )?(?:in )?here"
            rf"|are in {_LIBRARY})\W*$"
            rf"|^\W*what(?:['’]?s| is| are| do (?:you|i|we) have)? in (?:here|{_LIBRARY})\W*$"
            rf"|^\W*(?:list|show)(?: me)?(?: all)?(?: of)?(?: the| my| your| these)? {_REPORTS}\W*$",
            regex.IGNORECASE,
        ),
    ),
    (
        Form.COMPARISON,
        regex.compile(
            r"\bcompar(?:e|ed|ison|ing)\b|\bdifferences? between\b|\bversus\b|\bvs\b"
            r"|^\W*(?:did|do|does|is|are|was|were|has|have|had|which|where|whose?)\b.* or "
            r"|^\W*what (?:is|was|are|were|has|had|costs?) (?:more|less|\p{L}+er)\b.* or ",
            regex.IGNORECASE,
        ),
    ),
    (
        Form.LIST,
        regex.compile(
            r"^\W*(?:please )?(?:list|name|enumerate)\b|\bwhat are the\b|\bwho are the\b"
            rf"|\b(?:which|what) (?:{_COUNTS})\b"
            r"|\b(?:which|what) (?:\p{L}+ ){0,2}\p{L}{3,}(?<!s)s (?:are|were|did|do|have|had|can|must)\b",
            regex.IGNORECASE,
        ),
    ),
)

# A capitalised word within a sentence (``PG&E``, ``Asia-Pacific``), or a figure.
_NAME = regex.compile(
    r"(?<!^)(?<![.?!]\s|[¿¡])(?<![\p{L}&]&?)\p{Lu}[\p{L}\p{M}\p{N}'’&-]*|\p{N}[\p{N}.,]*(?<=\p{N})"
)
_NOT_NAMES = frozenset({"I", "A"})
_MARK = regex.compile(r"^\s*(?:\(\p{N}{1,2}\)|\[\p{N}{1,2}\]|\p{N}{1,2}[.)](?=\s))")


def understand(text: str) -> Question:
    """The kind is recognised in English only. Raises QuestionError if it is empty or too long."""
    # JSON can contain half a surrogate pair, which no index or database accepts.
    question = text.encode("utf-8", "replace").decode().strip()
    if not question or not any(character.isalnum() for character in question):
        raise QuestionError("the question is empty; ask something about the reports")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"the question has {len(question):,} characters, more than the {MAX_QUESTION_CHARACTERS:,} "
            "that can be read; ask about one thing at a time"
        )
    language = detect(question)
    names = tuple(
        dict.fromkeys(
            name for name in _NAME.findall(question) if name not in _NOT_NAMES and not asks(name, language)
        )
    )
    kind = next((kind for kind, pattern in _ASKS if pattern.search(question)), Kind.OPEN)
    form = next((form for form, pattern in _FORMS if pattern.search(question)), Form.FACT)
    return Question(question, language, names, kind, form)


def asks(word: str, language: str) -> bool:
    """In any language if it is unknown, or not in English letters. *AI* is not the Vietnamese *ai*."""
    if word.isupper() and len(word) > 1:
        return False
    in_any = language == UNKNOWN_LANGUAGE or not word.isascii()
    lists = QUESTION_WORDS.values() if in_any else [QUESTION_WORDS.get(language, frozenset())]
    return any(word.casefold() in words for words in lists)


def fits_kind(sentence: str, kind: Kind) -> bool:
    """A number that marks a footnote or an item, such as *(1)* at the beginning, does not count."""
    pattern = _CARRIES.get(kind)
    return pattern is None or pattern.search(_MARK.sub("", sentence)) is not None


_REGULAR = """
abolish accept accuse achieve acquire add adopt advise affect agree allocate allow amend announce apply
appoint approve arrest ask assess assign attack attend award ban block cancel carry cause cease change
charge claim clear close collapse collect commission complete compile conclude condemn conduct confirm
confiscate consider construct consume consult contain contaminate contribute convict count cover create
cross damage decide declare decline decrease deliver demand demolish deny deploy deport destroy detain
detect develop dismiss displace dissolve distribute donate double drain drop earn elect employ enact end
enforce enter erect escape establish estimate evacuate examine exceed exclude expand expect expel expire
explain expose extend fail finance fine finish fire flood found fund gain gather govern grant handle
harvest help hire host house identify imply import impose improve imprison increase indict infect inform
inject injure inspect install interview introduce investigate invest invite issue join kidnap kill land
last launch launder lease license lift link list live load lock lure maintain manage manufacture mark
measure merge mine monitor move murder name need notify number obtain occupy open operate oppose order
organise organize outlaw overturn own paint participate pass perform permit plan plant pledge poison
pollute postpone prepare prescribe prevent process produce prohibit promise propose prosecute protect
provide publish pump punish purchase pursue quarantine question raid raise ratify reach recall receive
reclaim recommend record recover recruit reduce refurbish refuse register reject release relocate remain
remove rename rent repair repeal replace report request rescue resign restore restrict resume return
reveal review revise revoke rule salvage sample sanction save search seize select sentence serve settle
shelter shift ship shorten sign slow smuggle spill stage start state stop strengthen study submit suffer
supply support surrender survey suspend target tax terminate test threaten total train transfer transport
treat trigger try uncover update upgrade urge use vaccinate value visit vote warn waste weaken welcome
widen witness work
"""

_IRREGULAR = """
become became become | begin began begun | break broke broken | bring brought brought |
build built built | buy bought bought | catch caught caught | choose chose chosen | come came come |
cost cost cost | cut cut cut | deal dealt dealt | draw drew drawn | drive drove driven |
fall fell fallen | feed fed fed | fight fought fought | find found found | flee fled fled |
forbid forbade forbidden | freeze froze frozen | give gave given | go went gone | grow grew grown |
hear heard heard | hit hit hit | hold held held | keep kept kept | lay laid laid | lead led led |
leave left left | lend lent lent | lose lost lost | make made made | mean meant meant | meet met met |
overthrow overthrew overthrown | pay paid paid | quit quit quit | rebuild rebuilt rebuilt |
rise rose risen | run ran run | see saw seen | sell sold sold | send sent sent | set set set |
shake shook shaken | shoot shot shot | shut shut shut | sink sank sunk | speak spoke spoken |
spend spent spent | spread spread spread | steal stole stolen | strike struck struck |
sweep swept swept | take took taken | teach taught taught | throw threw thrown |
understand understood understood | win won won | withdraw withdrew withdrawn | write wrote written
"""

_VOWELS = frozenset("aeiou")

_DOUBLED = frozenset({
    "ban", "drop", "plan", "ship", "stop", "transfer", "permit", "submit", "kidnap", "cancel",
    "expel", "refer", "total",
})  # fmt: skip


def _past_tenses(base: str) -> Iterator[str]:
    if base.endswith("e"):
        yield f"{base}d"
        return
    if base.endswith("y") and base[-2] not in _VOWELS:
        yield f"{base[:-1]}ied"
        return
    if base in _DOUBLED:
        yield f"{base}{base[-1]}ed"
    if base not in _DOUBLED or base in {"cancel", "total"}:
        yield f"{base}ed"


_IRREGULAR_FORMS = [tuple(forms.split()) for forms in _IRREGULAR.split("|")]
_REGULAR_PAST = {form: base for base in _REGULAR.split() for form in _past_tenses(base)}

# They lead to infinitives, as ``PARTICIPLES`` do: ``broke`` → ``break``.
PAST: Mapping[str, str] = _REGULAR_PAST | {form: base for base, form, _ in _IRREGULAR_FORMS}
PARTICIPLES: Mapping[str, str] = _REGULAR_PAST | {form: base for base, _, form in _IRREGULAR_FORMS}


def word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def lines(table: str) -> list[str]:
    return [" ".join(entry.split()) for entry in table.split(",") if entry.strip()]
