"""The language of a text is found by its script and words, with a model that is unpacked once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid import langid
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from index.text.languages import detect, fluency, is_latin, may_be_in, open_identifier
from tests.support.examples import up_to


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How many suspects were arrested, and over how many days?", "en"),
        ("Berapa jumlah tersangka yang ditangkap polisi?", "id"),
        ("Berapakah bilangan suspek yang telah ditahan oleh pihak polis?", "id"),
        ("Ai là bộ trưởng bộ y tế?", "vi"),
        ("首相下令了什么？", "zh"),
        ("Hun Manet首相下令了什么？", "zh"),
        ("被捕嫌疑人的國籍沒有公布。", "zh"),
        ("逮捕された容疑者の国籍は発表されていない。", "ja"),
        ("¿Quién es el ministro de sanidad?", "es"),
        ("Combien de suspects ont été arrêtés ?", "fr"),
        ("Wer ist der Minister für Gesundheit?", "de"),
        ("The ministry calls the operation 扫荡, a word that it had not used before.", "en"),
    ],
)
def test_a_question_of_four_words_tells_its_language(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    ("word", "language"),
    [
        *(
            ("몇 명", "ko"),
            ("何人ですか", "ja"),
            ("逮捕", "zh"),
            ("กี่คน", "th"),
            ("ប៉ុន្មាន", "km"),
            ("ຈັກຄົນ", "lo"),
        ),
        *(("ဘယ်နှစ်ယောက်", "my"), ("כמה", "he"), ("πόσοι", "el"), ("რამდენი", "ka")),
        *((text, "und") for text in ("", "   ", "2025", "12 450 – 3", "Isken", "¿?", "OK OK")),
    ],
)
def test_one_word_is_enough_where_the_script_decides_and_too_little_elsewhere(
    word: str, language: str
) -> None:
    assert detect(word) == language


def test_a_long_document_is_judged_by_its_middle_too() -> None:
    names = "Kovač, Nguyễn, Müller, Ødegård, Šimić, Sørensen, Żak, García. " * 20
    body = "The commission heard sixty witnesses and read the logs of the gate that failed. " * 400
    assert detect(names + body) == "en"


def test_wrongly_decoded_bytes_do_not_read_as_a_language() -> None:
    text = "Премьер-министр приказал провести расследование по всей стране."
    assert fluency(text) > 0.8
    assert fluency(text.encode("cp1251").decode("cp1253")) < 0.5


def test_what_cannot_be_told_may_be_in_any_language() -> None:
    english = frozenset({"en"})
    assert [may_be_in(language, english) for language in ("en", "und", "vi")] == [True, True, False]
    assert may_be_in("vi", None), "nothing tells what is read"


def test_latin_is_what_has_no_other_letter() -> None:
    assert [is_latin(text) for text in ("Đập Varda", "Döbereiner Ⅳ?", "3")] == [True] * 3
    others = ("瓦尔达大坝", "FBI 调查委员会", "谁制作了QRpedia", "Варда")
    assert [is_latin(text) for text in others] == [False] * 4


LANGUAGES = ("de", "en", "fr")
TEXTS = ("The council closed the gate.", "Der Rat schloss das Tor.", "Le conseil a fermé la porte.")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the unpacked model."""
    cache: Path = tmp_path_factory.mktemp("cache")
    open_identifier(LANGUAGES, cache)
    return cache


@pytest.fixture(scope="module")
def unpacked() -> LanguageIdentifier:
    """The identifier as its package opens it."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier


def test_a_second_process_maps_what_the_first_has_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_identifier(LANGUAGES, tmp_path)
    monkeypatch.setattr(langid, "MODEL_FILE", "none")
    identifier = open_identifier(LANGUAGES, tmp_path)
    assert [identifier.classify(text)[0] for text in TEXTS] == ["en", "de", "fr"]
    assert [file.name.partition("-")[0] for file in tmp_path.iterdir()] == ["py3langid"]


@given(st.text(max_size=60) | st.sampled_from(TEXTS))
@settings(max_examples=up_to(50))
def test_it_gives_what_the_package_s_own_gives(cache: Path, unpacked: LanguageIdentifier, text: str) -> None:
    assert open_identifier(LANGUAGES, cache).classify(text) == unpacked.classify(text)


def test_damaged_files_are_written_again(tmp_path: Path) -> None:
    open_identifier(LANGUAGES, tmp_path)
    [file] = tmp_path.glob("*/tk_nextmove")
    size, whole = file.stat().st_size, file.read_bytes()
    for damaged in (whole[:1000], b"", None):
        file.unlink()  # another process may still map it
        if damaged is not None:
            file.write_bytes(damaged)
        assert open_identifier(LANGUAGES, tmp_path).classify(TEXTS[0])[0] == "en"
        assert file.stat().st_size == size


def test_other_languages_have_files_of_their_own(cache: Path) -> None:
    assert open_identifier(("de", "fr"), cache).classify(TEXTS[0])[0] in {"de", "fr"}
    assert open_identifier(LANGUAGES, cache).classify(TEXTS[0])[0] == "en"


def test_without_a_cache_that_can_be_written_it_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("This is no folder.")
    assert open_identifier(LANGUAGES, tmp_path / "file").classify(TEXTS[1])[0] == "de"


def test_no_thread_parses_python_to_open_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11 must not do so in several threads at once; NumPy does, for the header of a file."""

    def parse(_source: str) -> None:
        raise SystemError("AST constructor recursion depth mismatch")

    monkeypatch.setattr("ast.literal_eval", parse)
    assert open_identifier(LANGUAGES, cache).classify(TEXTS[1])[0] == "de"
