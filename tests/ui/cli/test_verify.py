"""``verify`` checks an exported answer: unchanged, edited, and after a change of the library."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from rag.answers import Answer
from rag.conversations.answers import keep
from rag.conversations.store import AnswerStore
from rag.engine import QueryEngine
from tests.support.reports import write
from ui.cli.export import MAX_BYTES, Verified, verify_file
from ui.errors import UsedWronglyError
from ui.export import FORMATS, digests_of, export

GATE = "The council of Varda closed the third gate of the dam on 4 May, and 120 families left."
QUESTION = "When did the council of Varda close the third gate of the dam?"

each_format = pytest.mark.parametrize("suffix", [form.suffix for form in FORMATS])


@pytest.fixture
def index(encoder: Encoder, loading: Isolated, tmp_path: Path) -> Library:
    write(tmp_path / "reports" / "dam.txt", f"Report of the dam\n\n{GATE}\n\nThe weather was fair.")
    opened = Library.open(tmp_path / "home", encoder)
    sync(opened, [tmp_path / "reports"], reader=loading)
    return opened


@pytest.fixture
def made(index: Library) -> Answer:
    answer = QueryEngine(index).ask(QUESTION)
    assert [cited.quote for cited in answer.citations] == [GATE]
    keep(index.catalog, answer)
    return answer


@pytest.fixture
def file_of(index: Library, tmp_path: Path) -> Callable[[Answer, str], Path]:
    def written(answer: Answer, suffix: str) -> Path:
        form = next(each for each in FORMATS if each.suffix == suffix)
        file = tmp_path / f"answer.{suffix}"
        file.write_bytes(export(answer, form, digests_of(index.catalog, answer)))
        return file

    return written


def edit(file: Path, old: str, new: str, part: str) -> None:
    """Replace words of a file; of a Word document, in a part of it."""
    if file.suffix != ".docx":
        text = file.read_text(encoding="utf-8")
        assert old in text
        places = {"document": 1, "footnotes": -1}[part]
        before, after = text.split(old, 1) if places == 1 else text.rsplit(old, 1)
        file.write_text(f"{before}{new}{after}", encoding="utf-8")
        return
    with ZipFile(BytesIO(file.read_bytes())) as source, ZipFile(file, "w") as target:
        for entry in source.namelist():
            content = source.read(entry)
            if entry == f"word/{part}.xml":
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(entry, content)


def told(verified: Verified) -> dict[str, tuple[str, ...]]:
    """The problems of the first sentence, of the first footnote, and of the file."""
    return {
        "sentence": verified.sentences[0].problems,
        "footnote": verified.footnotes[0].problems,
        "whole": verified.problems,
    }


@each_format
def test_what_was_exported_holds(
    index: Library, made: Answer, file_of: Callable[[Answer, str], Path], suffix: str
) -> None:
    verified = verify_file(index.catalog, file_of(made, suffix))
    assert verified.holds
    assert [each.words for each in (*verified.sentences, *verified.footnotes)] == [GATE, GATE]


@each_format
def test_an_edited_figure_of_a_sentence_is_found(
    index: Library, made: Answer, file_of: Callable[[Answer, str], Path], suffix: str
) -> None:
    file = file_of(made, suffix)
    edit(file, "120 families", "620 families", "document")
    verified = verify_file(index.catalog, file)
    assert told(verified) == {
        "sentence": ("is not supported by what it cites: 620 is not in the cited sentence, which has 120",),
        "footnote": (),
        "whole": ("its sentences are not those of the answer that the library keeps; export it again",),
    }


@each_format
def test_an_edited_quote_is_found(
    index: Library, made: Answer, file_of: Callable[[Answer, str], Path], suffix: str
) -> None:
    file = file_of(made, suffix)
    edit(file, "120 families", "620 families", "footnotes")
    assert told(verify_file(index.catalog, file)) == {
        "sentence": (
            "footnote 1 does not hold",
            "is not supported by what it cites: 120 is not in the cited sentence, which has 620",
        ),
        "footnote": (f"the quote differs from the document, which says there: “{GATE}”",),
        "whole": (),
    }


@each_format
def test_an_edited_question_is_found(
    index: Library, made: Answer, file_of: Callable[[Answer, str], Path], suffix: str
) -> None:
    file = file_of(made, suffix)
    for old in ("When did",) * (2 if suffix == "html" else 1):
        edit(file, old, "Why did", "document")
    assert verify_file(index.catalog, file).problems == (
        f"its question is not the one that was asked: “{QUESTION}”",
    )


@each_format
def test_an_abstention_that_was_made_an_answer_is_found(
    index: Library, file_of: Callable[[Answer, str], Path], suffix: str
) -> None:
    answer = QueryEngine(index).ask("Who won the football match in Madrid?")
    assert answer.abstained
    keep(index.catalog, answer)
    file = file_of(answer, suffix)
    assert verify_file(index.catalog, file).holds
    edit(file, answer.text[-20:-1], "everything: Spain did", "document")
    assert verify_file(index.catalog, file).problems == (
        "its reason for having no answer is not that of the library; export it again",
    )


@each_format
def test_it_holds_after_later_syncs_and_fails_when_the_document_is_gone(
    index: Library, made: Answer, file_of: Callable[[Answer, str], Path], suffix: str, tmp_path: Path
) -> None:
    file, report = file_of(made, suffix), tmp_path / "reports" / "dam.txt"
    write(report, "The gates of Varda were opened again in June.")
    sync(index, [report.parent])
    verified = verify_file(index.catalog, file)
    assert (verified.holds, verified.footnotes[0].remarks) == (True, ("the library now has version 2",))
    again = file_of(made, suffix)
    assert verify_file(index.catalog, again).holds, "an answer of an older version is exported as it was"
    report.unlink()
    sync(index, [report.parent])
    assert told(verify_file(index.catalog, file)) == {
        "sentence": ("footnote 1 does not hold",),
        "footnote": ("document 1, version 1 is not in the library; it may have been removed",),
        "whole": (),
    }


@each_format
def test_a_library_that_was_made_again_knows_the_file_by_its_digest(
    made: Answer, file_of: Callable[[Answer, str], Path], suffix: str, encoder: Encoder, tmp_path: Path
) -> None:
    file = file_of(made, suffix)
    write(tmp_path / "reports" / "before.txt", "A report that is read before the other one.")
    with Library.open(tmp_path / "other", encoder) as other:
        sync(other, [tmp_path / "reports"])
        verified = verify_file(other.catalog, file)
    assert verified.holds
    assert verified.footnotes[0].remarks == ("the same file is document 2, version 1 of this library",)


def test_the_judge_is_opened_only_for_a_sentence_in_other_words(
    index: Library, made: Answer, file_of: Callable[[Answer, str], Path]
) -> None:
    opened: list[str] = []

    def judge() -> None:
        opened.append("judge")

    file = file_of(made, "md")
    assert verify_file(index.catalog, file, judge).holds
    assert opened == []
    edit(file, "families left", "families packed their furniture hastily and departed northwards", "document")
    assert not verify_file(index.catalog, file, judge).holds
    assert opened == ["judge"]


def test_an_answer_that_was_deleted_can_still_be_verified(
    index: Library, made: Answer, file_of: Callable[[Answer, str], Path]
) -> None:
    file = file_of(made, "md")
    AnswerStore(index.catalog).delete(made.answer_id)
    assert verify_file(index.catalog, file).holds


def test_a_mark_that_was_moved_is_found(
    index: Library, made: Answer, file_of: Callable[[Answer, str], Path]
) -> None:
    file = file_of(made, "md")
    edit(file, "left.[^1]", "left.", "document")
    assert told(verify_file(index.catalog, file)) == {
        "sentence": ("has no footnote",),
        "footnote": (),
        "whole": (
            "its sentences do not have the footnotes that they were exported with; export the answer again",
        ),
    }


def test_what_is_no_export_is_refused_with_its_name(index: Library, tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("# Notes\n")
    with pytest.raises(UsedWronglyError) as caught:
        verify_file(index.catalog, file)
    assert str(caught.value) == (
        f"{file} is not an exported answer: it has no manifest at its end; give a file that "
        "`footnoted export` wrote"
    )
    with pytest.raises(
        UsedWronglyError, match=r"missing\.md cannot be read: No such file or directory; check"
    ):
        verify_file(index.catalog, tmp_path / "missing.md")
    with file.open("wb") as large:
        large.truncate(MAX_BYTES + 1)
    with pytest.raises(UsedWronglyError, match=r"notes\.md is too large for an exported answer; give"):
        verify_file(index.catalog, file)
