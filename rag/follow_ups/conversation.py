"""The earlier turns of a conversation, and a test of whether a question depends on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from index.search import NO_SPACES
from rag.finding.matching import content_words

MAX_EXCHANGES = 6
"""The most earlier turns that are kept for a follow-up: the latest ones."""

_I = regex.IGNORECASE

OPENING = regex.compile(
    r"^\W*(?:(?:ok(?:ay)?|thanks?(?: you)?|great|good|right|well|yes|no|please|sorry|i see|got it|cảm ơn|vâng"
    r"|terima kasih|baik)\b[\s,.!;:–]*|(?:好的?|谢谢|អរគុណ)[，,。!！\s]*)+",
    _I,
)
"""Opening words of courtesy."""

_NEW_SUBJECT = regex.compile(
    r"(?:(?:an)?other|(?:a )?different|(?:a )?new|something|next) (?:else|point|question|subject|thing|topic)"
    r"\s?[,.:;–-]|(?:by the way|moving on)\b",
    _I,
)
"""Words that announce another subject: *Something else, …*, *New topic: …*."""

CONNECTIVE = regex.compile(
    r"^(?:(?:(?:and|but|so|dan|lalu|thế|vậy) )?(?P<about>(?:what|how) about|còn|bagaimana dengan)\b"
    r"|(?:and|but|or|also|so|then|và|dan|lalu|kalau|tapi)\b|(?P<about>ចុះ|那(?!么|里|个|些|次))|还有)\s*",
    _I,
)
"""Words that join a question to the one before it. The group ``about`` matches words such as *what about*,
after which the question only names another thing."""

_PREPOSITION = regex.compile(
    r"^(?:in|on|at|to|from|for|of|by|with|under|during|within|according to|as of|ở|tại|vào|từ|di|ke|dari"
    r"|pada)\b\s*",
    _I,
)

_PRONOUN = regex.compile(
    r"\b(?P<bound>(?:its|their|his|her)(?!\sown\b)|(?<=\b(?:are|did|do|does|is|was|were)\s)(?:its|their|his|her)"
    r"|he|she|it|they)\b|\b(?:him|them|theirs|hers)\b"
    r"|(?<!\b(?:is|are|was|were|be|been)\s)\bthere\b(?!\s(?:is|are|was|were|been)\b)"
    r"|(?:^|\b(?:of|in|on|at|to|for|from|by|with|about|after|before|like|than|since|did|does|do|is|was|are|were"
    r"|say|said)\s)(?:this|that|these|those)\b(?!\s(?:year|month|week|quarter)\b)"
    r"|\b(?:th(?:is|at|[eo]se|ere)|(?:these|those)\s\p{L}+)\W*$|^(?:tell me |any |some )?more\W*$"
    r"|\b(?:else|the (?:same|others?|former|latter)|such an?)\b|\bones?\W*$"
    r"|\b(?:(?:ông|bà|anh|chị|cô) (?:ấy|ta)|nó|họ|đó|đấy|ấy|vậy)\b|(?<!(?:năm|tháng|tuần) )\bnày\b"
    r"|\b(?:dia|ia|beliau|mereka|itu|tersebut|sana|situ)\b|(?<!(?:tahun|bulan|minggu) )\bini\b"
    r"|\b(?!biasa|sebenar|akhir|hanya|punya|tanya)\p{L}{3,}nya\b"
    r"|(?<!其)[他她它该]|(?<![尤极])其(?![他它中实余])|这(?!样|么)|那(?=里|个|些|次|儿)|此(?!外)"
    r"|គាត់|ពួកគេ|នោះ|វា(?![ល\p{M}])|(?<!ឆ្នាំ)នេះ",
    _I,
)
"""Words that stand for something that another sentence names."""

_VERB = regex.compile(
    r"\b(?:is|are|was|were|be|has|have|had|do|does|did|will|would|can|could|might|must|should)\b"
    r"|^(?:list|name|summari[sz]e|explain|describe|outline|compare|tell|give|show|find)\b"
    r"|^(?:who|which|what|whose|how (?:many|much)|ai|siapa|berapa|kapan|di mana|mengapa|kenapa|apa)\s\S+\s\S"
    r"|\b(?:là|có|bị|được|đã|sẽ|ai|gì|nào|bao nhiêu|adalah|ada|yang)\b",
    _I,
)
"""Words that show that a short question is a sentence, not a fragment."""

_HAN_CHARACTERS, _OTHER_CHARACTERS = 4, 10
"""The most characters of a fragment in a script without spaces: in Chinese, and in other scripts."""

_GAP = regex.compile(r"^how (?:many|much)(?:\s(?:is|are|was|were|has|have|had)(?:\s\p{Ll}+)?)?$", _I)
_NAMED = regex.compile(r"(?<=[\p{L}\p{N},’'] )(?!I\b)\p{Ll}?\p{Lu}")
_NOUN = regex.compile(r"\b(?:a|an|the|my|your)\s\p{L}{3}", _I)
_OWNER = regex.compile(r"\b(?:is|are|was|were|has|have|had|do|does|did|will|would|can)\s(?:the\s)?\p{Lu}")
_CLAUSE = regex.compile(
    r"\b(?:after|before|when|while|if|that|because|since|than|as|and|but|or|once)\s"
    r"(?:(?:is|are|was|were|has|have|do|does|did|will|can)\s)?$",
    _I,
)


_THE_REPORT = regex.compile(
    r"\b(?:this|that|the(?: same)?) (?:report|document|study|paper|article)\b"
    r"(?!\s(?:about|by|dated|for|from|into|of|on|published|that|titled|which|with)\b)",
    _I,
)
"""Words for a report that name none: *this report*, and not *the report on the dam*."""

_MOST_WORDS = 7  # after a connective such as *and*, of a question that does not name its subject


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier turn of a conversation.

    Attributes:
        standalone: the question that the search used: the rewritten or corrected one, if there is one.
        answer: the answer's text.
        source: the title of the report that the answer cites first; empty if it cites none.
        document_id: the id of that report.
    """

    standalone: str
    answer: str = ""
    source: str = ""
    document_id: int | None = None


def report_meant(question: str, history: Sequence[Exchange]) -> int | None:
    """Return the id of the report last cited, if a question speaks of *this report*; else None."""
    cited = (turn.document_id for turn in reversed(history) if turn.document_id is not None)
    return next(cited, None) if _THE_REPORT.search(question) else None


def core_of(question: str) -> str:
    """Return a question without opening words of courtesy and without the punctuation at its end."""
    return regex.sub(r"(?:[\s?？!。呢]|(?<!\b\p{L})\.)+$", "", OPENING.sub("", question.strip()))


def split_preposition(core: str) -> tuple[str, str]:
    """Return the preposition and the rest of a fragment: ``in`` and ``Tamber`` for *And in Tamber*.

    Without a preposition at the beginning, the first part is empty.
    """
    rest = CONNECTIVE.sub("", core)
    preposition = _PREPOSITION.match(rest)
    return (preposition[0].strip(), rest[preposition.end() :]) if preposition else ("", rest)


def is_fragment(question: str) -> bool:
    """Return whether a question is not a complete sentence, such as *And in March?* or *By whom?*."""
    core = core_of(question)
    joined = CONNECTIVE.match(core)
    rest = core[joined.end() :] if joined else core
    is_short = not _VERB.search(rest)
    if (
        question.rstrip("?？ ").endswith("呢")
        or _GAP.match(rest)
        or (joined and joined["about"] and is_short)
    ):
        return True
    if NO_SPACES.search(rest):
        return len(rest) <= (_HAN_CHARACTERS if regex.search(r"\p{Han}", rest) else _OTHER_CHARACTERS)
    # Words without a question mark are keywords to search for.
    is_asked = joined or _PREPOSITION.match(rest) or question.rstrip().endswith("?")
    most = _MOST_WORDS if joined else 4 if _PREPOSITION.match(rest) else 2
    return bool(is_asked) and is_short and len(rest.split()) <= most


def depends_on_earlier_turn(question: str) -> bool:
    """Return whether a question cannot be understood without an earlier turn.

    Such a question is a fragment, or has a pronoun that stands for something outside the question, or is
    short, begins with a word such as *and*, and has no name.
    """
    core = core_of(question)
    outside = _THE_REPORT.sub("the", core)
    # What is asked of *this report* is sought in it. *What happened to that report?* asks about the report.
    core = outside if content_words(outside, "en") else core
    joined = CONNECTIVE.match(core)
    rest = core[joined.end() :] if joined else core
    continues = (
        joined and not joined["about"] and len(rest.split()) <= _MOST_WORDS and not _NAMED.search(rest)
    )
    has_pronoun = any(not _is_bound(core, found) for found in _PRONOUN.finditer(core))
    if _NEW_SUBJECT.match(core):
        return has_pronoun
    return is_fragment(question) or has_pronoun or bool(continues)


def may_stand_alone(question: str) -> bool:
    """Return whether a question that depends on the turn before may also be searched for as it is."""
    core = core_of(question)
    is_keyword = len(core.split()) > 1 and core == split_preposition(core)[1] and not _GAP.match(core)
    return is_keyword or not is_fragment(question)


def _is_bound(core: str, found: regex.Match[str]) -> bool:
    """Return whether a pronoun stands for a name in the same question: *Did Netflix raise its prices?*."""
    word = (found["bound"] or "").casefold()
    if not word:
        return False
    before = core[: found.start()]
    named = _NAMED.search(before) is not None
    if word in {"its", "their", "his", "her"}:
        return named or _OWNER.search(core, found.end()) is not None
    return (named or _NOUN.search(before) is not None) and _CLAUSE.search(before) is not None
