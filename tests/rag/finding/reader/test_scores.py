"""The reader reads the best sentences in windows with their neighbours, within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from index.documents import Span
from index.records import DocumentRecord
from rag.answer_limits import MAX_READ
from rag.finding.features import MEASURED_NAMES, Candidate, Features
from rag.finding.reader import Window, WindowRead, apply_reader, can_read, windows_of
from rag.finding.reading import Reading, ReadSentence
from rag.questions import understand

QUESTION = understand("Who fled from the village?")


class CountingReader:
    """Scores a sentence by its length and a window by its number of sentences; records the windows."""

    languages: frozenset[str] | None = None

    def __init__(self) -> None:
        self.windows: list[Window] = []

    def read(self, question: str, windows: Sequence[Window]) -> list[WindowRead]:
        assert question == QUESTION.text
        self.windows = list(windows)
        return [
            WindowRead(tuple(float(len(text)) for text in window.sentences), float(len(window.sentences)))
            for window in windows
        ]


def reading(document: int, texts: Sequence[str]) -> Reading:
    sentences, start = [], 0
    for text in texts:
        sentences.append(ReadSentence(Span(start, start + len(text)), text))
        start += len(text) + 1
    record = DocumentRecord(
        document,
        1,
        "/reports",
        f"{document}.txt",
        "text",
        f"Report {document}",
        None,
        None,
        "en",
        None,
        9,
        1,
        "0",
        "",
    )
    return Reading(record, tuple(sentences), 1.0, 0.5)


def candidates(of: Reading, numbers: Sequence[int]) -> list[Candidate]:
    features = Features(*[0.0] * len(MEASURED_NAMES))
    return [Candidate(of, number, features) for number in numbers]


def read_by(reader: CountingReader, ranked: Sequence[Candidate]) -> list[Candidate]:
    """The candidates with the scores of ``reader``."""
    return apply_reader(reader, QUESTION, ranked, windows_of(ranked))


def test_a_sentence_is_read_with_its_two_neighbours() -> None:
    reader = CountingReader()
    read_by(reader, candidates(reading(1, ["a.", "b.", "c.", "d.", "e."]), [2]))
    assert reader.windows == [Window("Report 1", ("b.", "c.", "d."))]


def test_neighbouring_sentences_share_a_window() -> None:
    reader = CountingReader()
    first, second = reading(1, [f"{n}." for n in range(9)]), reading(2, ["x.", "y."])
    read_by(reader, [*candidates(first, [0, 7, 2]), *candidates(second, [1])])
    assert reader.windows == [
        Window("Report 1", ("0.", "1.", "2.", "3.")),
        Window("Report 1", ("6.", "7.", "8.")),
        Window("Report 2", ("x.", "y.")),
    ]


def test_the_reader_s_scores_are_recorded_with_each_candidate_in_order() -> None:
    of, other = reading(1, ["abc.", "a.", "ab.", "-", "-", "abcdef."]), reading(2, ["xy."])
    found = read_by(CountingReader(), [*candidates(of, [2, 0, 5]), *candidates(other, [0])])
    noted = [
        (item.sentence.text, item.features.reader, item.features.reader_window, item.features.reader_best)
        for item in found
    ]
    assert noted == [
        ("ab.", 0.3, 0.6, 0.6),
        ("abc.", 0.4, 0.6, 0.6),
        ("abcdef.", 0.7, 0.6, 0.6),
        ("xy.", 0.3, 0.1, 0.6),
    ]


def test_neighbours_of_the_best_candidates_are_scored_too() -> None:
    of = reading(1, ["a.", "b.", "c."])
    found = read_by(CountingReader(), candidates(of, [1, 2, 0]))
    assert [item.sentence.text for item in found] == ["b.", "c.", "a."]


def test_a_long_run_of_sentences_is_split_into_windows() -> None:
    reader = CountingReader()
    read_by(reader, candidates(reading(1, ["x" * 300] * 4), range(4)))
    assert [len(window.sentences) for window in reader.windows] == [2, 2]


@given(lengths=st.lists(st.integers(1, 900), min_size=1, max_size=60), data=st.data())
def test_the_best_candidate_is_always_read_and_the_time_is_bounded(
    lengths: list[int], data: st.DataObject
) -> None:
    of = reading(1, ["x" * length for length in lengths])
    numbers = data.draw(st.permutations(range(len(lengths))))
    reader = CountingReader()
    found = read_by(reader, candidates(of, numbers))
    assert found[0].number == numbers[0]
    assert [item.number for item in found] == [
        number for number in numbers if number in {f.number for f in found}
    ]
    assert sum(len(text) for window in reader.windows for text in window.sentences) <= 5000 + 3 * 900
    assert len(reader.windows) <= MAX_READ * 3


def test_a_reader_reads_its_own_and_unknown_languages() -> None:
    reader = CountingReader()
    vietnamese = understand("Bao nhiêu người đã bị bắt trong chiến dịch này ở Campuchia?")
    assert can_read(reader, vietnamese)
    reader.languages = frozenset({"en"})
    assert not can_read(reader, vietnamese)
    assert can_read(reader, QUESTION)
    assert can_read(reader, understand("UNODC?"))


def test_rows_are_read_below_the_headings_of_their_table_and_with_the_name_of_their_group() -> None:
    texts = ["Pumps | 12 | 14", "Gates | 3 | 2"]
    plain = reading(1, texts)
    rows = tuple(
        replace(sentence, headings="District | 2031 | 2030", section="Repairs")
        for sentence in plain.sentences
    )
    table = candidates(replace(plain, sentences=rows), [0, 1])
    reader = CountingReader()
    read = read_by(reader, table)
    assert [window.sentences for window in reader.windows] == [
        ("District | 2031 | 2030", "Repairs Pumps | 12 | 14", "Repairs Gates | 3 | 2")
    ]
    assert [item.features.reader for item in read] == [
        len("Repairs Pumps | 12 | 14") / 10,
        len("Repairs Gates | 3 | 2") / 10,
    ]
