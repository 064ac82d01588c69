"""The identifier of languages is unpacked once, and then mapped from the user's cache."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid import langid
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from index.text.languages import open_identifier

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
@settings(max_examples=50)
def test_it_gives_what_the_package_s_own_gives(cache: Path, unpacked: LanguageIdentifier, text: str) -> None:
    assert open_identifier(LANGUAGES, cache).classify(text) == unpacked.classify(text)


@pytest.mark.parametrize("damage", ["cut off", "empty", "gone"])
def test_damaged_files_are_written_again(tmp_path: Path, damage: str) -> None:
    open_identifier(LANGUAGES, tmp_path)
    [file] = tmp_path.glob("*/tk_nextmove")
    size = file.stat().st_size
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: 1000 if damage == "cut off" else 0])
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
