"""Finds the title, publisher and date that a document states: ranks candidates by learned weights.

A candidate is a group of lines, a name, a date or what the file declares, with features such as its size and
place. ``covers.json`` has the weights, which ``benchmarks/train_covers.py`` learns. The day on
which a file was written only helps to rank the dates that it prints.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import regex

from index.loaders.blocks import flow
from index.loaders.dates import is_date, word_count, written_dates
from index.loaders.metadata import MAX_TITLE_CHARACTERS, NO_PROPERTIES, Properties
from index.text.tabular import cells

_MOST = 360  # candidates of one kind
# Several right publishers share the odds, so that none at all seems likelier than each of them.
LEAST = {"title": -math.inf, "publisher": -1.5, "date": 0.0}
_MOST_STATED = 2  # cells of a row that states a detail; one with more holds data
_FIRST_LINES = 60
_LONGEST = 1_000  # characters of a line that are read, since the time grows with the square
_COUNTED = 200_000  # characters of the text in which names are counted
_LAST_LINES = 12
LARGER = 1.08  # times the size of the text; the sizes within a group of lines differ less
_LETTERS = 0.75  # at least this share of a title's characters are letters; white space is not counted


@cache
def learned() -> dict[str, Any]:
    source = files("index.loaders").joinpath("covers.json")
    found: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """``page`` is an index, or -1 at the end of the document.

    ``place`` is from the top of its page (0 to 1), ``ratio`` the height to that of the text.
    """

    text: str
    page: int = 0
    place: float = 0.0
    ratio: float = 1.0
    is_bold: bool = False
    is_running: bool = False
    is_cell: bool = False
    is_data: bool = False


@dataclass(frozen=True, slots=True)
class Cover:
    """``groups`` may be titles, ``lines`` hold names and dates; ``name`` is the file's, without its suffix.

    ``is_titled``: the declared title is right.
    """

    groups: Sequence[Shown]
    lines: Sequence[Shown]
    text: str
    declared: Properties = NO_PROPERTIES
    name: str = ""
    is_titled: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    value: str
    features: Mapping[str, float]
    is_declared: bool = False

    def score(self, kind: str) -> float:
        weights: Mapping[str, float] = learned()[kind]
        return sum(weights.get(name, 0.0) * value for name, value in self.features.items())


def described(cover: Cover, filed: Properties = NO_PROPERTIES) -> tuple[Properties, Properties]:
    """What the pages state, and what of the declared is right; ``filed`` is known by the form of a filing.

    A declared publisher or date, as of Dublin Core, is right.
    """
    declared = cover.declared
    title = filed.title or (declared.title if cover.is_titled else None)
    if title is None and not cover.is_titled:
        best = _best("title", titles(cover))
        title = best.value if best else None
        declared = declared if best and best.is_declared else replace(declared, title=None)
    elif filed.title:
        declared = replace(declared, title=None)
    publisher, published = filed.publisher, None
    if not (publisher or declared.publisher) and (best := _best("publisher", publishers(cover, title or ""))):
        publisher = best.value
    if not declared.published:
        best = _best("date", dates(cover, title or "", is_form=filed.title is not None))
        published = best.value if best else filed.published
    stated = Properties(title if title != declared.title else None, publisher, published)
    return stated, declared


def _best(kind: str, candidates: Sequence[Candidate]) -> Candidate | None:
    best = max(candidates, key=lambda one: one.score(kind), default=None)
    return best if best is not None and best.score(kind) > LEAST[kind] else None


def shown_lines(lines: Sequence[str], page: int = 0) -> list[Shown]:
    """Of a text without pages; each cell of a row is a line."""
    return [
        Shown(
            flow(part)[:_LONGEST],
            page,
            number / len(lines),
            is_cell=len(parts) > 1,
            is_data=len(parts) > _MOST_STATED,
        )
        for number, parts in enumerate(cells(line[:_LONGEST]) for line in lines)
        for part in parts
        if part.strip()
    ]


def text_cover(text: str, declared: Properties, name: str = "") -> Cover:
    """Of a text without pages, whose title is known by its form."""
    lines = [line for line in text.split("\n") if line.strip()]
    shown = shown_lines(lines[:_FIRST_LINES]) + shown_lines(lines[_FIRST_LINES:][-_LAST_LINES:], -1)
    return Cover([], shown, text, declared, name, is_titled=True)


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _merged(found: Iterable[tuple[str, dict[str, float], bool]]) -> list[Candidate]:
    """Of equal candidates, a spelling not in capitals counts, and the largest value of each feature."""
    merged: dict[str, tuple[str, dict[str, float], bool, int]] = {}
    for value, features, is_declared in found:
        key = _folded(value)
        if not key:
            continue
        first, known, was_declared, count = merged.get(key, (value, {}, is_declared, 0))
        larger = {name: max(known.get(name, -9.0), given) for name, given in features.items()}
        merged[key] = (
            value if first.isupper() else first,
            {**known, **larger},
            was_declared or is_declared,
            count + 1,
        )
    return [
        Candidate(value, {**features, "repeated": min(math.log(count), 2.0)}, is_declared)
        for value, features, is_declared, count in list(merged.values())[:_MOST]
    ]


_WORD = regex.compile(r"\p{L}{2,}")
_TOKEN = regex.compile(r"[\p{L}\p{N}]+")


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.casefold())


_NUMBERED = regex.compile(r"(?:[\dIVXivx]{1,5}|\p{L})[.)]\s|[一二三四五六七八九十]{1,3}、|[\d.]{2,}\s")
_MARKS = regex.compile(r"[*†‡\s]+\Z|\A[¹²³\s]+")
_STOPS = ".;,。；，"
_SENTENCES = regex.compile(r"[.;!?]\s\p{Ll}|(?<!\b\p{L}{1,3})[.;!?]\s\p{Lu}|[。；，]")
_NEAR = 12  # groups within which a title stands below the name of a body
_COMPARED = 250  # characters


def titles(cover: Cover) -> list[Candidate]:
    groups = sorted(cover.groups, key=lambda group: (group.page, group.place))
    largest = max((group.ratio for group in groups if group.page < 2 and _may_be_title(group)), default=1.0)
    named = cover.declared.title or ""
    found: list[tuple[str, dict[str, float], bool]] = []
    prose = 0
    for number, group in enumerate(groups):
        title = _MARKS.sub("", group.text).rstrip(":,; ")
        is_plain = group.ratio < LARGER and not group.is_bold
        is_prose = is_plain and title[-1:] in _STOPS and _SENTENCES.search(title)
        if is_prose or len(title) > (MAX_TITLE_CHARACTERS if is_plain else 3 * MAX_TITLE_CHARACTERS):
            prose += 1
            continue
        below = (one for one in groups[number + 1 : number + _NEAR] if one.page == group.page)
        features = _of_title(title, cover) | {
            "height": max(min(math.log(group.ratio / largest), 0.2), -1.0),
            "largest": float(group.ratio >= 0.95 * largest and group.page < 2),
            "smaller": float(group.ratio < 0.95),
            "larger": min(math.log(max(group.ratio, 0.5)), 1.2),
            "plain": float(is_plain),
            "bold": float(group.is_bold),
            "body": float(
                not prose and _ORGANISATION.search(title) is not None and any(map(_is_heading, below))
            ),
            "top": float(group.page == 0 and group.place < 0.15),
            "second": float(group.page == 1),
            "later": float(group.page > 1),
            "place": group.place,
            "late": min(number, 12) / 12,
            "prose": min(prose, 3) / 3,
            "running": float(group.is_running),
            "declared": _overlap(title, named),
            "stop": float(group.text.rstrip()[-1:] in _STOPS),
        }
        found.append((title, features, False))
    overlap = max((_overlap(named, group.text) for group in groups), default=0.0)
    features = _of_title(named, cover) | {"property": 1.0, "overlap": overlap}
    if overlap > 0.5 or (word_count(named) > 2 and not features["signs"]):
        found.append((named, features, True))
    return [one for one in _merged(found) if len(one.value) <= 2 * MAX_TITLE_CHARACTERS]


def _is_heading(group: Shown) -> bool:
    return (group.is_bold or group.ratio >= LARGER) and _may_be_title(group) and group.text[-1] not in ":,;"


def _may_be_title(group: Shown) -> bool:
    title = group.text
    return len(title) <= 2 * MAX_TITLE_CHARACTERS and not (
        is_organisation(title) or is_furniture(title) or _CAPTION.match(title) or _BULLET.match(title)
    )


def _overlap(title: str, other: str) -> float:
    """Of their pairs of letters, since not all languages write blanks."""
    pairs, others = ({*pairwise(_folded(one)[:_COMPARED])} for one in (title, other))
    return len(pairs & others) / max(len(pairs | others), 1)


def _of_title(title: str, cover: Cover) -> dict[str, float]:
    written = [character for character in title if not character.isspace()]
    words, known = word_count(title), set(_tokens(title))
    named = [word for word in _tokens(cover.name) if len(word) > 1]
    return {
        "single": float(words < 2),
        "dated": float(words < 6 and any(written_dates(title))),
        "words": min(math.log1p(words), 3.0),
        "long": float(len(title) > MAX_TITLE_CHARACTERS),
        "signs": float(sum(map(str.isalpha, written)) < _LETTERS * len(written)),
        "capitals": float(title.isupper()),
        "small": float(title[:1].islower()),
        "file name": sum(word in known for word in named) / max(len(named), 1),
        "caption": float(_CAPTION.match(title) is not None),
        "furniture": float(is_furniture(title)),
        "bullet": float(_BULLET.match(title) is not None or _NUMBERED.match(title) is not None),
        "noun": float(words < 16 and _ORGANISATION.search(title) is not None),
    }


_CAPTION = regex.compile(
    r"(?:table|figure|fig\.|chart|box|graph|exhibit|map|tabelle|abbildung|tableau|cuadro|tabla|figura)"
    r"\s+\p{L}{0,3}\d",
    regex.IGNORECASE,
)
_BULLET = regex.compile(r"[•●○◦▪■□‣∙·➢✓*☐☒–—-]\s")
_FURNITURE = regex.compile(
    r"(?:press|news|media) (?:release|statement|notice)|news|for immediate release|for more information\b.*"
    r"|(?:exhibit|ex\.?)\s*\d+(?:\.\d+)*|(?:strictly )?(?:confidential|draft|embargo(?:ed)?)\b.*"
    r"|(?:sources?|notes?|nb|url|fax|tel|phone|telephone|e-?mail|cat\. no)\b\.?\s*[:.].*"
    r"|(?:issn|isbn|doi|contacts?|©|copyright|page \d+)\b.*|.*\bcontacts?:.*|n[o°º]\.? ?\d[\d/. –-]*",
    regex.IGNORECASE,
)
_CONTACT = regex.compile(r"\S@\S|https?:|www\.|\+?\(?\d{2,4}\)?[ .-]\d{3,4}[ .-]\d{3,4}")


def is_furniture(text: str) -> bool:
    """Such as a date, a contact or ``Press release``."""
    return (
        not _WORD.search(text)
        or _FURNITURE.fullmatch(text) is not None
        or _CONTACT.search(text) is not None
        or is_date(text)
    )


_ORGANISATION = regex.compile(
    r"\b(?:academ|administra[tc]i|agenc[iey]|agência|alliance|assembl|asociaci|associa[tçz]|authorit|autori[td]|badan|banco?\b|bank"
    r"|board|bureau|cent(?:re|er|ro|rum)s?\b|chamber|chambre|coalition|college|com[mi]+ss?i[oó]|comissão|comit|commissariat|company|comune|conse[ij]"
    r"|consiglio|consortium|corporation|council|cour\b|court|départe?ment|department|dewan|dinas|direc[tc]i|directorate|enterprise|federa[tc]|föderation"
    r"|forum|fondation|foundation|fundaci|fonds\b|fund\b|gemeente|gobierno|governo|gouvernement|government|holdings|incorporated|inspectorat|instit|international\b|isti?tu|kementerian"
    r"|komisi|kommission|laborat|league|lembaga|minist(?!ers?\b)|movement|municip|museum|nations|network|observato|offices?\b|oficina|organi[sz]a|parlement|parliament"
    r"|partido|prefe[ci]tur|programme\b|publish|regering|regierung|región|région\b|secr[eé]t|senate|servi[czç]|societ|société|statist|stiftung"
    r"|treasury|tribunal|trust\b|uni[oó]n|universi|verband|zentral)|amt\b|ministeri|behörde|styrelsen|verket|institut",
    regex.IGNORECASE,
)
_COMPANIES = "inc corp co ltd limited llc llp plc ag se sa nv bv gmbh spa oyj asa ab tbk"
_FORMS = "|".join(r"\.?".join(form) for form in _COMPANIES.split())
_LEGAL = regex.compile(rf"(?:,?\s|\A)(?:{_FORMS})\.?\Z", regex.IGNORECASE)
_LINK = (
    r"(?:of|for|por|and|the|on|in|into|de|du|des|del|la|las|los|le|les|et|en|y|e|da|do|dos|das|di|della|für"
    r"|und|der|zur|van|og|[dl][’']|&)"
)
_NAME_WORD = r"(?:\p{N}{0,3}\p{Lu}[\p{L}\p{N}&+.'’-]*|\p{Ll}{1,2}[’']?\p{Lu}[\p{L}\p{N}&+.'’-]*)"
_NAME = rf"{_NAME_WORD}(?:,?\s(?:{_LINK}\s){{0,2}}{_NAME_WORD}|\s&\s{_NAME_WORD}){{0,9}}"
_SPAN = r"(?<![\p{L}\p{N}/’-])"
_NAMED = regex.compile(rf"{_SPAN}{_NAME}(?![\p{{L}}\p{{N}}/-])(?:\s\([\p{{Lu}}][\p{{L}}-]{{1,12}}\))?")
_WHOLE_NAME = regex.compile(_NAME)
_ACRONYM = regex.compile(r"[\p{Lu}&-]{2,12}")
_COPYRIGHT = regex.compile(r"(?:©|\([cC]\)|(?i:copyright))[\s:]*(?:(?:19|20)\d{2}[,\s]*)?(?:by\s|the\s)*\Z")
_SOURCE = regex.compile(
    r"(?:\b(?:published|issued|released|prepared|produced)\b[^.;]{0,30}?\bby|publisher|herausgeber|来源|发布机构)"
    r"[\s:：]*(?:the\s)*\Z",
    regex.IGNORECASE,
)
_TO = regex.compile(r"(?i:\b(?:to|for|with|from|against|and|à|pour|an|para)(?: the)?\s*\Z)")
_HAN_NAME = regex.compile(
    r"\p{Han}{2,18}?(?:局|部|委员会|署|厅|院|银行|公司|大学|协会|政府|中心|司)(?!\p{Han}{1,3}(?:长|员))"
)
_HOST = regex.compile(r"(?:\bwww\.|https?://|@)((?:[\w-]{2,30}\.)+)[a-z]{2,6}\b", regex.IGNORECASE)
_NO_HOST = {"www", "co", "com", "gov", "org", "net", "edu", "ac", "go", "gob", "gouv", "gv"}
_DOMAIN = regex.compile(r"\w\.\p{L}{2,3}\Z")
_SITE = regex.compile(r"\s[|–—-]\s|[-—|](?=\p{Han})")
_ARTICLE = regex.compile(r"\A(?:(?:IN|In) )?(?:The|THE|the|La|Le|El|Die|Der|Das)\s|\A[*†‡§¹²³]+")
_LAST_LINK = regex.compile(rf"(?:\s(?:{_LINK}))+\Z", regex.IGNORECASE)
_GOES_ON = regex.compile(rf"(?:\s(?:{_LINK})|[,-])\s*\Z", regex.IGNORECASE)
_ACRONYM_IN = regex.compile(r"\s\(([\p{Lu}][\p{L}&-]{1,11})\)\Z")
_ACRONYM_AFTER = regex.compile(r"\s*\((?:[“\"])?([\p{Lu}&-]{2,12})")


_SHORT = regex.compile(r"(?<![\p{L}\p{N}]|\p{Lu}\p{L}*\s)\p{Lu}{2,8}(?![\p{L}\p{N}’']|\s\p{Lu}\p{Ll})")
# What follows the name of a company at the start of a news release.
_LEAD = regex.compile(
    r",?\s*(?:[(\[][^()\[\]]{1,60}[)\]],?\s*){0,3}(?:today\b|[(\[][\p{L}., ]{2,30}:\s?[\p{Lu}.]{1,6}\b)"
)
_PLACE = regex.compile(r",\s(?=\p{Lu})")
_LEADING = regex.compile(rf"\A(?:{_LINK}\s)+|[’']s\Z")


@dataclass(frozen=True, slots=True)
class _Mention:
    """``line`` is None for what is declared, ``above`` is the line before it."""

    name: str
    line: Shown | None = None
    before: str = ""
    after: str = ""
    above: str = ""


_BEFORE_LINK = regex.compile(rf"\s(?:{_LINK}\s|[dl][’'])|,\s")
_NOT_NAME = regex.compile(r"\d|[:;†‡@/•“”\"]|\.\s\p{Lu}\p{Ll}")
_ROLE = regex.compile(
    r"(?:an? |the )?(?:annual|interim|final|joint|report|bulletin|by|to|from|for|in|on|at|about|towards?)\b",
    regex.IGNORECASE,
)
_MAX_WORDS = 12


def is_organisation(name: str) -> bool:
    """Such as ``Ministry of Health`` or ``eBay Inc.``; its kind precedes what it is of."""
    if not 1 < len(name.split()) <= _MAX_WORDS or _ROLE.match(name) or _NOT_NAME.search(name):
        return False
    if not (name[0].isupper() or name[1].isupper()):
        return False
    is_legal = _LEGAL.search(name) is not None and _WHOLE_NAME.fullmatch(name) is not None
    return is_legal or _ORGANISATION.search(_BEFORE_LINK.split(name)[0]) is not None


_SOURCES = (
    *("running", "owner", "source", "author", "host", "begins"),
    *("in title", "top", "cover org", "site", "lead"),
)
"""The features of which each says on its own that a name is the publisher's."""


def publishers(cover: Cover, title: str) -> list[Candidate]:
    """Only organisations: the kind of name, an address, an acronym or a declaration must show it.

    A short form counts for the full name.
    """
    mentions = list(_mentions(cover))
    shorts, full = _short_forms(mentions)
    hosts = Counter(label for line in cover.lines for label in _labels(line.text))
    running = _spaced(" ".join(line.text for line in cover.lines if line.is_running))
    stem = _tokens(cover.name.replace("_", " "))
    author = _folded(_author(cover))
    text = flow(cover.text[:_COUNTED])
    folded = text.casefold()
    organisations = {_folded(mention.name) for mention in mentions if is_organisation(mention.name)}
    counts: dict[str, int] = {}
    found: list[tuple[str, dict[str, float], bool]] = []
    for mention in mentions:
        own = mention.name
        name = full.get(_folded(own), own)
        key, words, line = _folded(name), name.split(), mention.line
        short = shorts.get(key, "")
        forms = {key, _folded(own), short} | set(own.casefold().split())
        linked = max(
            (
                count
                for host, count in hosts.items()
                if host in forms or (len(host) > 5 and key.startswith(host))
            ),
            default=0,
        )
        is_org = is_organisation(name) or _HAN_NAME.fullmatch(name) is not None
        is_short = _SHORT.fullmatch(own) is not None
        before = mention.before if _WORD.search(mention.before) else f"{mention.above} {mention.before}"
        is_source = line is not None and _SOURCE.search(before) is not None
        is_owner = line is not None and _COPYRIGHT.search(mention.before) is not None
        is_said = line is None and _folded(own) != author
        begins = (
            bool(stem)
            and len(stem[0]) > 2
            and (stem[0] in forms or (len(stem[0]) > 3 and key.startswith(stem[0])))
        )
        is_known = is_short and (_folded(own) == author or begins)
        if not (is_org or linked or is_known or is_source or is_owner or is_said):
            continue
        if len(words) > _MAX_WORDS or len(key) < 2 or _DOMAIN.search(name):
            continue
        if key not in counts:
            counts[key] = folded.count(name.casefold()) if len(words) > 1 else 0
            for one in {short.upper(), own if is_short else ""} - {""}:
                counts[key] += text.count(f" {one} ")
        features = {
            "one": 1.0,
            "org": float(is_org),
            "legal": float(_LEGAL.search(name) is not None),
            "host": float(linked > 0),
            "main host": linked / max(hosts.values(), default=1),
            "acronym": float(len(words) == 1),
            "defined": float(bool(short)),
            "source": float(is_source),
            "owner": float(is_owner),
            "of": float(_BEFORE_LINK.search(name) is not None),
            "minor": sum(other in key for other in organisations if other != key) and 1.0,
            "major": min(sum(key in other for other in organisations if other != key), 4) / 4,
            "author": 1.0
            if author and author == _folded(own)
            else len(key) / len(author)
            if key in author
            else 0.0,
            "site": float(is_said),
            "often": min(math.log1p(counts[key]), 5.0) / 5,
            "running": float(_spaced(own) in running),
            "in title": float(_spaced(own) in _spaced(title)),
            "begins": float(begins),
            "words": min(len(words), 6) / 6,
            "small": sum(word.islower() for word in words) / len(words),
        }
        if line is not None:
            alone = not _WORD.search(mention.before) and not _WORD.search(mention.after)
            features |= {
                "alone": float(alone),
                "running alone": float(alone and line.is_running),
                "cover org": float(alone and line.page == 0 and is_org and not line.is_cell),
                "source last": float((is_source or is_owner) and line.page != 0),
                "first": float(line.page == 0),
                "top": float(line.page == 0 and line.place < 0.15),
                "cover alone": float(alone and line.page == 0),
                "last": float(line.page < 0),
                "larger": min(math.log(max(line.ratio, 0.7)), 1.0) if alone and line.page == 0 else 0.0,
                "to": float(_TO.search(mention.before) is not None),
                "lead": float(line.page == 0 and _LEAD.match(mention.after) is not None),
                "cell": float(line.is_cell),
                "prose": float(len(line.text) > 90 and line.page == 0),
            }
        found.append((name, features, line is None))
    most = max((features["often"] for _, features, _ in found), default=0.0)
    for _, features, _ in found:
        features["most"] = 5 * (features["often"] - most)
    return [
        replace(
            one,
            features={**one.features, "agree": sum(one.features.get(name, 0) > 0 for name in _SOURCES) / 4},
        )
        for one in _merged(found)
    ]


def _author(cover: Cover) -> str:
    return (cover.declared.author or "").split(", http")[0]


def _mentions(cover: Cover) -> Iterator[_Mention]:
    parts = list(_parts(cover))
    ends = {_folded(part.name) for part in parts}
    whole_lines = {line.text for line in cover.lines}
    single = [line for line in cover.lines if line.is_cell or line.page < 0 or not cover.groups]
    above = ""
    for line in (*cover.groups, *(line for line in _continued(single) if not line.is_data)):
        joined = ends if line.text not in whole_lines else ()
        for mention in _of_line(line, above):
            key = _folded(mention.name)
            if not any(key.endswith(end) and key != end for end in joined):
                yield mention
        above = line.text
    yield from parts
    sites = [part for part in _SITE.split(cover.declared.title or "")[1:] if part]
    yield from map(_Mention, sites)


def _parts(cover: Cover) -> Iterator[_Mention]:
    """Lines of groups that name an organisation, such as that of the person on the line above."""
    groups = {group.text for group in cover.groups}
    for above, line in pairwise(cover.lines):
        if line.page in {0, 1} and groups and not line.is_cell and line.text not in groups:
            name = _name(line.text.strip(" .,:*"))
            if is_organisation(name) and not (_SENTENCES.search(name) or _GOES_ON.search(above.text)):
                yield _Mention(name, line)


def _continued(lines: Sequence[Shown]) -> list[Shown]:
    """Joins a line to the next if a name goes on there, as in ``Office / for Europe``."""
    joined: list[Shown] = []
    for line in lines:
        last = joined[-1] if joined else None
        if (
            last
            and last.page == line.page < 0
            and not (last.is_cell or line.is_cell)
            and (_GOES_ON.search(last.text) or _LEADING.match(line.text))
            and len(last.text) < _COMPARED
        ):
            joined[-1] = replace(last, text=f"{last.text} {line.text}")
        else:
            joined.append(line)
    return joined


def _labels(text: str) -> Iterator[str]:
    for match in _HOST.finditer(text.casefold()):
        labels = [label for label in match[1].split(".") if label and label not in _NO_HOST]
        if labels:
            yield labels[-1].replace("-", "")


def _of_line(line: Shown, above: str = "") -> Iterator[_Mention]:
    whole = _name(line.text.strip(" .,:*"))
    if line.page <= 1 and is_organisation(whole) and not _SENTENCES.search(whole):
        yield _Mention(whole, line)
    spans = [*_NAMED.finditer(line.text), *_HAN_NAME.finditer(line.text)]
    if not line.text.isupper() or len(line.text) < 9:
        spans += _SHORT.finditer(line.text)
    for match in spans:
        name = _name(match[0])
        name = name if _LEGAL.search(name) else name.rstrip(".")
        yield _Mention(name, line, line.text[: match.start()], line.text[match.end() :], above)


def _name(text: str) -> str:
    """Without the place after it, as in ``Ministry of Health, Tessaveld``."""
    name = _LAST_LINK.sub("", _LEADING.sub("", _ARTICLE.sub("", text.rstrip(",’' "))))
    first = _PLACE.split(name)[0]
    return first if is_organisation(first) and not (name.isupper() or _LEGAL.search(name)) else name


def _short_forms(mentions: Sequence[_Mention]) -> tuple[dict[str, str], dict[str, str]]:
    """Acronyms by their names, and full names by their short forms; a definition counts most."""
    full: dict[str, str] = {}
    by_initials: Counter[tuple[str, str]] = Counter()
    for mention in mentions:
        name = mention.name
        if inside := _ACRONYM_IN.search(name):
            name = name[: inside.start()]
            full[_folded(mention.name)] = name
        words = name.split()
        defined = inside or _ACRONYM_AFTER.match(mention.after)
        initials = "".join(word[0] for word in words if word[0].isupper())
        if defined and len(words) > 1 and defined[1][0] in initials:
            full.setdefault(defined[1].casefold(), name)
        elif len(initials) > 2 and "," not in name and not name.isupper() and is_organisation(name):
            by_initials[initials.casefold(), name] += 1
        if legal := _LEGAL.search(name):
            full.setdefault(_folded(name[: legal.start()]), name)
    for (initials, name), _ in by_initials.most_common():
        full.setdefault(initials, name)
    return {_folded(name): short for short, name in full.items() if len(short) < 9}, full


def _spaced(text: str) -> str:
    return f" {' '.join(_tokens(text))} "


_LABEL = regex.compile(
    r"publi|issue|releas|dated?\b|updat|fecha|datum|data\b|veröffent|erschien|stand\b|发布|更新|时间|approv|authori[sz]ed",
    regex.IGNORECASE,
)
_DATELINE = regex.compile(r"[^.]{0,60}?[/)]?\s*(?:--|[–—-])\s")  # after the day of a news release
_SENTENCE = regex.compile(r",?\s\p{Ll}")  # after a date
_FEWEST_WORDS = 6  # of a sentence; *Tokyo, 3 May 2024.* is none
_PERIOD = regex.compile(
    r"(?:\bend(?:ed|ing|s)|\bas (?:of|at)|\bat|\buntil|\bthrough|\bto|\bfrom|\band|\bsince|\bby|\bbetween"
    r"|\bau|\bdu|\bal|\bhasta"
    r"|\bdesde|\bbis|\bvom|\bab|\bseit|\bbefore|\bafter|[–-]|截至)\s*(?:the\s)?\Z",
    regex.IGNORECASE,
)


def dates(cover: Cover, title: str, *, is_form: bool = False) -> list[Candidate]:
    """``is_form``: a filing is dated by its signature or its report's day."""
    found: list[tuple[str, dict[str, float], bool]] = []
    before_line = ""
    for line in cover.lines:
        for one in written_dates(line.text):
            left = one.before if _WORD.search(one.before) else before_line
            nearby = left[-60:]
            is_dateline = line.page == 0 and len(one.before) < 60 and _DATELINE.match(one.after) is not None
            is_period = _PERIOD.search(nearby) is not None
            if is_period or _SENTENCE.match(one.after):
                continue
            features = {
                "labelled": float(_LABEL.search(nearby) is not None),
                "alone": float(word_count(one.before + one.after) < 3),
                "dateline": float(is_dateline),
                "prose": float(not is_dateline and _is_prose(line.text)),
                "first": float(line.page == 0),
                "last": float(line.page < 0),
                "top": float(line.page == 0 and line.place < 0.25),
                "larger": min(math.log(max(line.ratio, 0.7)), 1.0),
                "running": float(line.is_running),
            }
            found.append((one.iso, features | _of_date(one.iso, cover), False))
        before_line = line.text
    for iso, features, _ in found:
        features["in title"] = float(iso[:4] in title)
    if is_form:
        found = [
            (iso, features | {"form day": float(len(iso) == 10)}, which) for iso, features, which in found
        ]
    return _merged(found)


def _is_prose(line: str) -> bool:
    is_sentence = line.endswith((".", "!", "?")) and word_count(line) >= _FEWEST_WORDS
    return is_sentence or len(line) > 80 or _SENTENCES.search(line) is not None


def _of_date(iso: str, cover: Cover) -> dict[str, float]:
    """How far from the day of the file's writing: a report is written after it is dated, if at all."""
    features = {
        "one": 1.0,
        "month": float(len(iso) == 7),
        "year": float(len(iso) == 4),
    }
    if cover.declared.written is not None and len(cover.declared.written) == 10:
        full = iso + "-15" if len(iso) == 7 else iso + "-07-01" if len(iso) == 4 else iso
        days = (date.fromisoformat(cover.declared.written) - date.fromisoformat(full)).days
        slack = {10: 3, 7: 17, 4: 184}[len(iso)]
        features |= {
            "near": float(-slack <= days <= 45 + slack),
            "after": float(days < -slack),
            "old": min(math.log1p(max(days - slack, 0) / 45), 4.0) / 4,
        }
    return features
