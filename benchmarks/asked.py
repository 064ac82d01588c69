"""The questions of the evaluation sets, with the sentences that the product reads for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from itertools import compress

from benchmarks.reader_examples import gold_flags
from index.library import NO_FILTERS, Library
from index.records import Filters
from index.text import cells, is_row
from rag.answer_limits import READ_HITS
from rag.evaluation import Dataset
from rag.evaluation.datasets import Part, Query, part_of
from rag.finding.features import Candidate, measure
from rag.finding.reading import Reading, read
from rag.finding.reranking import compare_across
from rag.questions import Question, understand

MOST_REMOVED = 600
"""The most questions of each part of a set that are asked again without the documents of their title."""

REMOVED = ", title removed"
"""The end of the name of a set whose questions are asked without the documents of their title."""


OVER = " over "
"""The words that join the names of two sets, if the questions of one are asked over the documents of the
other."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its measured candidates.

    Attributes:
        name: the set's name, followed by ``REMOVED`` if the documents of the question's title were removed.
        part: the part of the set (``train``, ``tune`` or ``test``) that has the title.
        question: the question.
        candidates: the sentences that the product read for the question.
        gold: whether each candidate answers.
        answers: answer strings; empty if whole sentences answer.
        answerable: whether the library answers the question.
        about: the document that the question is about, if its set has no titles to name it by; else None.
    """

    name: str
    part: Part
    question: Question
    candidates: tuple[Candidate, ...]
    gold: tuple[bool, ...]
    answers: tuple[str, ...]
    answerable: bool
    about: str | None = None

    @property
    def is_in_other_language(self) -> bool:
        """Return whether the question is in another language than the documents."""
        return OVER in self.name

    @property
    def gold_by_sentence(self) -> Mapping[tuple[Reading, int], bool]:
        """Whether each candidate answers, by the candidate's reading and its number in that reading."""
        pairs = zip(self.candidates, self.gold, strict=True)
        return {(candidate.reading, candidate.number): answers for candidate, answers in pairs}

    def to_learn_from(self) -> Asked:
        """Return the question for learning: if ``about`` is set, with the candidates of that document only.

        Another document may have a row with the same label, and then it answers the question as well.
        """
        if self.about is None:
            return self
        kept = [item.reading.document.path == self.about for item in self.candidates]
        candidates, gold = tuple(compress(self.candidates, kept)), tuple(compress(self.gold, kept))
        return replace(self, candidates=candidates, gold=gold)


def asked_of(dataset: Dataset, index: Library) -> Iterator[Asked]:
    """Yield the questions for which a set marks the answer, or marks that there is none."""
    titled = has_titles(dataset)
    for query in dataset.queries:
        if query.about is None or (query.answerable is not False and not query.has_gold):
            continue
        question = understand(query.text)
        candidates = candidates_of(index, question, NO_FILTERS)
        gold = gold_flags(query, [candidate.sentence.text for candidate in candidates])
        if candidates:
            yield Asked(
                dataset.name,
                part_of(dataset.title_of(query)),
                question,
                tuple(candidates),
                gold,
                query.answers,
                query.answerable is not False,
                None if titled else query.about,
            )


def asked_without_title(dataset: Dataset, index: Library) -> Iterator[Asked]:
    """Yield the answerable questions of a set, asked over documents of other titles, which do not answer.

    Pages of financial reports have no title, and several have rows with the same label. A question about such
    a page is asked only if a row answers it, and no other page has a row with the label of that row.
    """
    numbers = {record.path: record.document_id for record in index.catalog.documents()}
    titled, pages = has_titles(dataset), _pages_of_labels(dataset)
    count: dict[Part, int] = defaultdict(int)
    for query in dataset.queries:
        title = dataset.title_of(query)
        part = part_of(title)
        if query.about is None or not query.has_gold or count[part] >= MOST_REMOVED:
            continue
        if not titled and not _is_unique(dataset, query, query.about, pages):
            continue
        count[part] += 1
        question = understand(query.text)
        others = tuple(numbers[name] for name in dataset.documents if _title(dataset, name) != title)
        candidates = candidates_of(index, question, Filters(others))
        if candidates:
            gold = (False,) * len(candidates)
            yield Asked(dataset.name + REMOVED, part, question, tuple(candidates), gold, (), answerable=False)


def in_language_of(other: Dataset, dataset: Dataset) -> Dataset:
    """Return ``dataset`` with its questions in the language of ``other``, and its own documents.

    The sets of MLQA (Lewis et al., ACL 2020) ask the same questions in several languages, under the same ids.
    """
    texts = {query.id: query.text for query in other.queries}
    queries = tuple(replace(query, text=texts[query.id]) for query in dataset.queries if query.id in texts)
    return replace(dataset, name=f"{other.name}{OVER}{dataset.name}", queries=queries)


def has_titles(dataset: Dataset) -> bool:
    """Return whether the documents have titles, so that questions name what they are about."""
    return any(document.title for document in dataset.documents.values())


def candidates_of(index: Library, question: Question, filters: Filters) -> list[Candidate]:
    """Return the measured sentences that the product reads for a question."""
    hits = index.search(question.text, READ_HITS, filters)
    with index.snapshot() as snapshot:
        candidates = measure(snapshot, question, read(snapshot, hits))
        return compare_across(snapshot.encoder, question, candidates)


def _title(dataset: Dataset, name: str) -> str:
    return dataset.documents[name].title or name


def _label(row: str) -> str:
    return " ".join(cells(row)[0].casefold().split())


def _pages_of_labels(dataset: Dataset) -> Mapping[str, Set[str]]:
    pages: dict[str, set[str]] = defaultdict(set)
    for name, document in dataset.documents.items():
        for row in filter(is_row, document.text.splitlines()):
            pages[_label(row)].add(name)
    return pages


def _is_unique(dataset: Dataset, query: Query, about: str, pages: Mapping[str, Set[str]]) -> bool:
    """Return whether rows answer the question, and no other page has rows with their labels."""
    lines = dataset.documents[about].text.splitlines()
    gold = gold_flags(query, lines)
    labels = {_label(line) for line, answers in zip(lines, gold, strict=True) if answers and is_row(line)}
    return bool(labels - {""}) and all(pages[label] == {about} for label in labels)
