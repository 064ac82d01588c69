"""Decides whether the library answers a question, and otherwise says why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import regex
from babel import Locale

from index.documents import UNKNOWN_LANGUAGE, Span
from index.embedding import MULTILINGUAL_MODEL
from index.records import DocumentRecord
from index.search import Snapshot, terms
from index.text import fold, may_be_in
from rag.answers import Cause
from rag.figures.countries import names_same_country
from rag.figures.dates import Moment, dates, joined_periods
from rag.finding.matching import contains_term, content_terms, terms_of
from rag.finding.ranking import Calibration, Scored, answerability_of, is_foreign
from rag.finding.reading import Reading, ReadSentence
from rag.finding.spelling import LIGHT_WORDS, english_frequency, is_term
from rag.questions import OF_A_DATE, POSSESSIVE, Form, Kind, Question, asks, fits_kind

_YEAR = regex.compile(r"(?:19|20)\d\d")
_PLURAL = regex.compile(r"(?<=\p{L}{4}|\p{N})s$")
_NAME = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}'’&-]*")
_WORD = regex.compile(
    r"\p{N}[\p{N}.,]*\p{N}(?!\p{L})|[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}'’&-]*[\p{L}\p{M}\p{N}])?"
)
_LATIN = regex.compile(r"[\p{Latin}\p{M}\p{N}'’-]+")
_JOINS = regex.compile(r"[\W_]+")
_CAPITALISED = regex.compile(r"(?<!\p{L})\p{Lu}[\p{L}\p{M}\p{N}'’&-]*")
_INNER_CAPITAL = regex.compile(r"\p{Ll}+\p{Lu}")
_LINK = r"\W+(?:(?:of|on|for|and|the)\W+)?"
_FISCAL = regex.compile(r"\s(?:fiscal|financial)(?:\syear)?\b", regex.IGNORECASE)
COORDINATES = regex.compile(
    r"(?:['’]s?)?\W(?:[^.;:?!]*?\W)??(?P<join>and|or|than|versus|vs|against|with|compar\p{L}+\W(?:with|to)"
    r"|et|ou|y|o|e|und|oder|dan|atau|và|hay|и|или)\W+(?:(?:of|in|that|those|the|for|at|by)\W){0,2}",
    regex.IGNORECASE,
)

_FIRST_DAYS = 7  # a quarter of whole weeks may end so many days after its last month: on 2 April
# The fewest letters of a part of a name that is sought by itself, unlike ``F`` of ``F-35``.
_SHORTEST_PART = 3
# Letters of a word that is sought without spaces and hyphens: *wildfire* is also *wild fire*.
_SHORTEST_JOINED = 5
# A word of so few capitals, such as *WHO*, is an acronym even if it is also an English word.
_LONGEST_ACRONYM = 3
_RARE = 0.7


def phrases(question: Question) -> list[str]:
    """Adjacent names form one. Where capitals tell no names (in German, in a title), there are none."""
    words = list(_NAME.finditer(question.text))
    # In German, every noun has a capital.
    if (
        question.language == "de"
        or question.text.isupper()
        or any(_is_of_a_title(each[0]) for each in words[1:])
    ):
        return []
    periods = [moment.span for moment in _moments(question.text, question.language)]
    found: list[str] = []
    for name in dict.fromkeys(each[0] for each in words if not _is_within(each, periods)):
        is_name = name in question.names or _INNER_CAPITAL.match(name)
        if not is_name or OF_A_DATE.fullmatch(name) or _is_stressed(name):
            continue
        before = found[-1] if found else ""
        if before and POSSESSIVE.search(before) is None and f"{before} {name}" in question.text:
            found[-1] = f"{before} {name}"
        else:
            found.append(name)
    return [POSSESSIVE.sub("", phrase) for phrase in found if len(phrase) > 1]


def _is_of_a_title(word: str) -> bool:
    return word.istitle() and word.casefold() in LIGHT_WORDS and OF_A_DATE.fullmatch(word) is None


def _is_stressed(word: str) -> bool:
    return word.isupper() and len(word) > _LONGEST_ACRONYM and english_frequency(word.casefold()) > 0


def _is_within(word: regex.Match[str], spans: Iterable[Span]) -> bool:
    return any(Span(*word.span()).overlaps(span) for span in spans)


def compared(question: Question) -> list[str]:
    """*Corning or eBay*: one report need not name both."""
    return [name for match in coordinated(question) for name in match.group("first", "second")]


def coordinated(question: Question) -> Iterator[regex.Match[str]]:
    for name, other in pairwise(phrases(question)):
        pattern = rf"(?P<first>{regex.escape(name)}){COORDINATES.pattern}(?P<second>{regex.escape(other)})"
        match = regex.search(pattern, question.text, regex.IGNORECASE)
        if match and (match["join"].casefold() != "with" or question.form is Form.COMPARISON):
            yield match


def named(question: Question, text: str) -> list[str]:
    words = {word for phrase in phrases(question) for word in phrase.split()}
    absent = {word for word in words if not _names(text, word, question.language)}
    return [phrase for phrase in phrases(question) if absent.isdisjoint(phrase.split())]


def absent_names(question: Question, text: str) -> list[str]:
    """A word of a name with its capital, an acronym's words, or another name of the country suffices."""
    return [phrase for phrase in phrases(question) if not _names(text, phrase, question.language)]


def _names(text: str, phrase: str, language: str) -> bool:
    for word in phrase.split():
        bare = _PLURAL.sub("", word)
        forms = [bare, *name_parts(bare), ".".join(bare) + "."]
        written = "|".join(_as_written(form) for form in forms if form)
        if regex.search(rf"(?<!\p{{L}})(?:{written})", text):
            return True
    return names_same_country(phrase, text) or _spells_out(text, phrase) or _has_form(text, phrase, language)


def _as_written(name: str) -> str:
    """*Target* and *TARGET*, but not *target*."""
    return rf"[{regex.escape(name[0])}{regex.escape(name[0].upper())}](?i:{regex.escape(name[1:])})"


def _spells_out(text: str, name: str) -> bool:
    """For two letters, with capitals: *each user* is no EU. Small letters stand for small words: *MoU*.

    *Members of parliament* are MPs without capitals, too, since *of* joins them and *parliament* is a term.
    """
    name = name.removesuffix("s") if name[-2:-1].isupper() else name
    letters = "".join(letter for letter in name if not letter.islower())
    if not name[:1].isupper() or not name[-1:].isupper() or len(letters) < 2:
        return False
    words = _LINK.join("and" if each == "&" else rf"{regex.escape(each)}[\p{{L}}-]*" for each in letters)
    if len(name) > 2:
        return regex.search(rf"\b{words}", text, regex.IGNORECASE) is not None
    if regex.search(rf"\b{words}", text):
        return True
    first, last = (rf"{regex.escape(letter)}\p{{L}}+" for letter in letters)
    joined = regex.finditer(rf"\b{first}\s+of\s+(?:the\s+)?({last})", text, regex.IGNORECASE)
    return any(is_term(found[1]) for found in joined)


def _has_form(text: str, phrase: str, language: str) -> bool:
    """*Africa* for *African*, with a capital; accents do not matter (*Kasai*, *Kasaï*)."""
    capitalised = " ".join(dict.fromkeys(_CAPITALISED.findall(text)))
    found = terms_of(fold(capitalised), language)
    sought = [term for term in terms(fold(phrase), language) if len(term[1]) >= _SHORTEST_PART]
    return any(contains_term(found, term) for term in sought)


def absent_years(question: Question, text: str) -> list[str]:
    """A text may have the year in four digits or in two."""
    asked = [name for name in question.names if _YEAR.fullmatch(name) and name not in text]
    if not asked:
        return []
    moments = [moment for line in text.splitlines() for moment in dates(line, question.language)]
    found = {year for moment in moments for year in (moment.year, moment.through)}
    return [
        year
        for year in asked
        if int(year) not in found and not regex.search(rf"(?:\bFY\s?|['’]){year[2:]}(?!\d)", text)
    ]


def absent_periods(question: Question, text: str) -> list[str]:
    """A date at a part's end counts, but not for a fiscal year. Empty if no date or part counts."""
    plain = _FISCAL.sub("", question.text)
    asked = [moment for moment in _moments(plain, question.language) if moment.until]
    if not asked:
        return []
    found = _moments_of_lines(_FISCAL.sub("", text), question.language)
    if plain != question.text:
        found = [moment for moment in found if moment.until]
    if not found:
        return []
    return [
        plain[part.span.start : part.span.end]
        for part in asked
        if not any(_is_in(moment, part) for moment in found)
    ]


def absent_months(question: Question, text: str) -> list[str]:
    asked = [moment for moment in _moments(question.text, question.language) if not moment.until]
    written = [question.text[moment.span.start : moment.span.end] for moment in asked]
    folded = fold(text) if asked else ""
    found = _moments_of_lines(text, question.language) if asked else []
    return [
        words
        for words, month in zip(written, asked, strict=True)
        if fold(words) not in folded and not any(_names_month(moment, month) for moment in found)
    ]


def _names_month(moment: Moment, month: Moment) -> bool:
    years = {moment.year, month.year} - {None}
    return len(years) < 2 and month.month in {moment.month, moment.until}


def _moments_of_lines(text: str, language: str) -> list[Moment]:
    return [moment for line in text.splitlines() for moment in _moments(line, language)]


@lru_cache(maxsize=4096)
def _moments(text: str, language: str) -> tuple[Moment, ...]:
    found = dates(text, language)
    joined = [period for _, _, period in joined_periods(found, text)]
    return (*(moment for moment in found if moment.month), *joined)


def _is_in(moment: Moment, part: Moment) -> bool:
    """Parts are compared by their months only; a date must be at the part's end, and in its year if known."""
    if moment.year and part.year and moment.year != part.year and not moment.until:
        return False
    if moment.until:
        return (moment.month, moment.until) == (part.month, part.until)
    last = part.until or 0
    return moment.month == last or (moment.month == last % 12 + 1 and (moment.day or 31) <= _FIRST_DAYS)


def text_of(reading: Reading) -> str:
    """Title, publisher and date, then each sentence on a line; a row has its headings before it."""
    return "\n".join([*_about(reading.document), *(sentence.in_context for sentence in reading.sentences)])


def _file_of(record: DocumentRecord) -> str:
    """In capitals, as any word may be a name: *unicef-fund-2024.pdf*."""
    return record.path.upper()


def _about(record: DocumentRecord) -> list[str]:
    """A title without a capital is a file's name, in which any word may be a name: *us-tolm-payments*."""
    title = record.title.upper() if record.title.islower() else record.title
    return [each for each in (title, record.publisher, record.published) if each]


def missing_words(index: Snapshot, question: Question, reading: Reading) -> list[str]:
    """As written, without dates. A part of a hyphenated word suffices; a name needs all."""
    language = reading.document.language
    text = text_of(reading)
    found = terms_of(text, language)
    joined = _JOINS.sub("", fold(text))
    sought = content_terms(index, question, language)

    def is_absent(words: str) -> bool:
        own = [term for term in terms(words, language) if term in sought]
        return bool(own) and not any(contains_term(found, term) for term in own)

    return [
        word
        for word in _words(question)
        if any(map(is_absent, name_parts(word) if word in question.names else [word]))
        and not _is_joined_in(joined, word)
    ]


def _words(question: Question) -> list[str]:
    periods = [moment.span for moment in _moments(question.text, question.language)]
    return list(
        dict.fromkeys(each[0] for each in _WORD.finditer(question.text) if not _is_within(each, periods))
    )


def name_parts(name: str) -> list[str]:
    """A name with too short a part (``F`` in ``F-35``) stays whole."""
    parts = name.split("-")
    return parts if min(map(len, parts)) >= _SHORTEST_PART else [name]


def _is_joined_in(joined: str, word: str) -> bool:
    bare = _JOINS.sub("", fold(_PLURAL.sub("", POSSESSIVE.sub("", word))))
    return len(bare) >= _SHORTEST_JOINED and bare in joined


def lacking(index: Snapshot, question: Question, readings: Sequence[Reading]) -> list[str]:
    """In the question's order: names, figures, periods, English terms almost as rare as its rarest word."""
    text = "\n".join(map(text_of, readings))
    periods = absent_periods(question, text) + absent_months(question, text)
    years = [year for year in absent_years(question, text) if year not in " ".join(periods)]
    names = absent_names(question, text)
    within = {word for name in names for word in name.split()}
    absent = _in_all(missing_words(index, question, reading) for reading in readings)
    language = question.language
    rarity = content_terms(index, question, language)
    least = _RARE * max(rarity.values(), default=0.0)

    def is_rare(word: str) -> bool:
        return max((rarity.get(term, 0.0) for term in terms(word, language)), default=0.0) >= least

    words = [
        word
        for word in absent
        if _YEAR.fullmatch(word) is None
        and POSSESSIVE.sub("", word) not in within
        and _is_reason(word, question)
        and (not _names(text, word, language) if word in question.names else is_rare(word))
    ]
    plain = _FISCAL.sub("", question.text)
    return sorted([*periods, *years, *names, *words], key=plain.find)


def _in_all(lists: Iterable[Sequence[str]]) -> list[str]:
    first, *others = lists
    return [word for word in first if all(word in other for other in others)]


def _is_reason(word: str, question: Question) -> bool:
    is_english = english_frequency(word.casefold()) > 0
    if asks(word, question.language if is_english else UNKNOWN_LANGUAGE):
        return False
    if word in question.names:
        return True
    is_known = question.language in {"en", UNKNOWN_LANGUAGE} and _LATIN.fullmatch(word) is not None
    return is_known and any(map(is_term, POSSESSIVE.sub("", word).split("-")))


_NEARLY_BEST = 0.5  # the share of the best probability from which the passage of another sentence counts, too
_MOST = 0.5  # the share is of the question's words
_FIRST_PAGE = 3000  # characters that tell a report's period, such as *quarter ended June 30, 2023*


# Where the passages are that were searched.
IN_ALL, PASSING = "in this library", "that pass the filters"


@dataclass(frozen=True, slots=True)
class Abstention:
    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """``answerability`` is None if nothing was read."""

    answerability: float | None
    abstention: Abstention | None


def decide(
    index: Snapshot,
    question: Question,
    ranked: Sequence[Scored],
    calibration: Calibration,
    *,
    place: str,
    read: Sequence[Reading],
) -> Decision:
    """``read`` has all passages, best first. An overview is answered if one has most of its words."""
    if not ranked and read:
        # The rows of all tables that were found are of other periods.
        return Decision(0.0, _abstention(index, question, read, place))
    if not ranked:
        reason = (
            "No report passes the filters; widen them and ask again."
            if place == PASSING
            else "The library is empty; add reports with `footnoted sync FOLDER`, then ask again."
        )
        return Decision(None, Abstention("empty_library", reason))
    best = ranked[0].candidate
    foreign = is_foreign(question, best.reading.document.language)
    if question.form is Form.SUMMARY and not foreign:
        answerability = max(_share_of_words(index, question, reading) for reading in read)
    else:
        answerability = answerability_of(ranked)
    is_read = not foreign or may_be_in(question.language, index.encoder.languages)
    if is_read and answerability >= calibration.threshold:
        abstention = _unmet(index, question, ranked, read)
    elif foreign and not (is_read and any(not is_foreign(question, each.document.language) for each in read)):
        abstention = _language_abstention(index, question, best.reading)
    else:
        abstention = _abstention(index, question, read, place)
    return Decision(answerability, abstention)


def _unmet(
    index: Snapshot, question: Question, ranked: Sequence[Scored], read: Sequence[Reading]
) -> Abstention | None:
    """Return an abstention if a name or a period in the question is missing from what was found; else None.

    A name must be in the text, title, publisher or file name of the best sentence's report; of compared
    names, one may be in any passage. A period must be in a nearly best sentence's passage, or in what else
    was read of its report. If that report is in another language, only years are sought.
    """
    least = _NEARLY_BEST * ranked[0].score
    nearest = list(dict.fromkeys(item.candidate.reading for item in ranked if item.score >= least))
    record = nearest[0].document
    foreign = is_foreign(question, record.language)
    names = []
    if not foreign and question.form is not Form.COMPARISON:
        names = absent_names(question, f"{text_of(nearest[0])}\n{_file_of(record)}")
    if names:
        # The whole text is fetched only if the passage does not have the name.
        document = index.reader.text(record.document_id, record.version).text
        elsewhere = compared(question)
        of_all = absent_names(question, "\n".join(map(text_of, read)))
        names = [
            name
            for name in absent_names(question, document)
            if name in names and (name in of_all or name not in elsewhere)
        ]
    if names:
        reason = f"The nearest report is “{record.title}”; it does not name {quote_list(names)}."
        return Abstention("not_answered", reason)
    missing = undated(question, "\n".join(map(text_of, nearest)), foreign=foreign)
    if missing:
        reports = {reading.document.document_id: reading.document for reading in nearest}
        texts = [text_of(reading) for reading in read if reading.document.document_id in reports]
        texts += [
            index.reader.text(report.document_id, report.version).text[:_FIRST_PAGE]
            for report in reports.values()
        ]
        of_reports = undated(question, "\n".join(texts), foreign=foreign)
        missing = [period for period in missing if period in of_reports]
    if not missing:
        return None
    reason = (
        f"The nearest report is “{record.title}”; the passages of it that were read do not give "
        f"{quote_list(missing)}."
    )
    return Abstention("not_answered", reason)


def undated(question: Question, text: str, *, foreign: bool) -> list[str]:
    periods = [] if foreign else absent_periods(question, text)
    return periods + [year for year in absent_years(question, text) if year not in " ".join(periods)]


def _abstention(index: Snapshot, question: Question, read: Sequence[Reading], place: str) -> Abstention:
    spoken_of, missing = named(question, text_of(read[0])), lacking(index, question, read)
    if spoken_of and missing:
        reason = (
            f"Of the nearest passages {place}, some speak of {quote_list(spoken_of)}; none contains "
            f"{quote_list(missing)}."
        )
        return Abstention("not_answered", reason)
    if not spoken_of and all(_share_of_words(index, question, reading) < _MOST for reading in read):
        none = f" None of them contains {quote_list(missing)}." if missing else ""
        reason = f"None of the nearest passages {place} has most of the question's words.{none}"
        return Abstention("not_in_library", reason)
    none = f" None of the passages nearest to it contains {quote_list(missing)}." if missing else ""
    reason = f"Passages {place} come near the question; no sentence clearly answers it.{none}"
    return Abstention("not_answered", reason)


def _share_of_words(index: Snapshot, question: Question, reading: Reading) -> float:
    language = reading.document.language
    sought, found = content_terms(index, question, language), terms_of(text_of(reading), language)
    return sum(contains_term(found, term) for term in sought) / max(len(sought), 1)


def shortfall(index: Snapshot, question: Question, reading: Reading) -> str:
    if is_foreign(question, reading.document.language):
        return f"is in {name_language(reading.document.language)}, unlike the question"
    missing = lacking(index, question, [reading])
    if missing:
        return f"does not contain {quote_list(missing)}"
    if question.kind is not Kind.OPEN and not any(
        _has_kind(sentence, question.kind) for sentence in reading.sentences
    ):
        return f"holds no answer of the kind that is asked for: {question.kind}"
    if missing_words(index, question, reading):
        return "has no sentence that is close enough to the question in meaning"
    return "has the words of the question, and no sentence that is close enough to it in meaning"


def _has_kind(sentence: ReadSentence, kind: Kind) -> bool:
    """A row's headings may have its date or its currency, so any of its figures may be an amount."""
    if not sentence.headings:
        return fits_kind(sentence.text, kind)
    is_amount = kind is Kind.MONEY and fits_kind(sentence.text, Kind.NUMBER)
    return is_amount or fits_kind(sentence.in_context if kind is Kind.DATE else sentence.text, kind)


def _language_abstention(index: Snapshot, question: Question, reading: Reading) -> Abstention:
    asked, written = name_language(question.language), name_language(reading.document.language)
    languages = f"The question is in {asked}, the nearest report is in {written}"
    reads = index.encoder.languages
    if reads is not None and {question.language, reading.document.language} <= reads:
        return Abstention("not_answered", f"{languages}, and no sentence that was read answers it.")
    known = (
        f"reads {' and '.join(map(name_language, sorted(reads)))}"
        if reads
        else "does not match texts across languages"
    )
    return Abstention(
        "language",
        f"{languages}, and the encoder {index.encoder.name} {known}; ask in the reports' language, or change "
        f"the library over to {MULTILINGUAL_MODEL}: with the button in the page, or with "
        f"`FOOTNOTED_MODEL={MULTILINGUAL_MODEL} footnoted sync`.",
    )


_ENGLISH = Locale("en")


def caveat(question: Question, cited: Sequence[Scored]) -> str | None:
    """Warn of sentences in another language, or without a name or part of a year of the question."""
    languages = {item.candidate.reading.document.language for item in cited}
    foreign = sorted(language for language in languages if is_foreign(question, language))
    if foreign:
        cited_in = " and ".join(map(name_language, foreign))
        asked = name_language(question.language)
        return f"The question is in {asked}; the words cited are in {cited_in}, so check that they answer it."
    # The page shows the title and the publisher beside the sentence, so what they name is not missing.
    records = [item.candidate.reading.document for item in cited]
    shown = [text for record in records for text in _about(record)]
    text = "\n".join([*shown, *(item.candidate.sentence.in_context for item in cited)])
    names = absent_names(question, "\n".join([text, *map(_file_of, records)]))
    missing = [*names, *absent_periods(question, text)]
    return f"Not mentioned in the sentences cited: {quote_list(missing)}." if missing else None


def name_language(code: str) -> str:
    """Return the English name; the code itself if it has none."""
    return str(_ENGLISH.languages.get(code, code))


def quote_list(words: Iterable[str]) -> str:
    """Each word once, without endings (*'s*)."""
    return ", ".join(f"“{word}”" for word in dict.fromkeys(POSSESSIVE.sub("", word) for word in words))
