"""Configurations are read from TOML; an error names the unusable key or value."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.answer_limits import AnswerLimits
from rag.errors import ConfigurationError
from rag.evaluation.datasets import Configuration, read_configuration, settings_of


def test_a_file_sets_its_keys_and_names_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "wide.toml"
    file.write_text('dense_weight = 1\nmax_chunk_tokens = 80\nreader = "other"\nthreshold = 0.25\n')
    base = Configuration(model="some-model")
    assert read_configuration(str(file), base) == Configuration(
        "wide",
        "some-model",
        "other",
        max_chunk_tokens=80,
        limits=AnswerLimits(dense_weight=1, threshold=0.25),
    )


def test_default_changes_nothing() -> None:
    base = Configuration(model="some-model")
    assert read_configuration("default", base) is base
    assert read_configuration("default") == Configuration()


def test_an_empty_file_is_the_default_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "same.toml").touch()
    assert read_configuration(str(tmp_path / "same.toml")) == Configuration("same")


def test_settings_are_every_key_with_its_value() -> None:
    assert dict(settings_of(Configuration(title_tokens=0))) == {
        "model": None,
        "reader": None,
        "max_chunk_tokens": 200,
        "title_tokens": 0,
        "dense_weight": 0.5,
        "read_hits": 36,
        "widen_by": 2,
        "max_sentences": 8,
        "certain": 0.9,
        "threshold": None,
    }


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("dense_wait = 1", "unknown key dense_wait; did you mean dense_weight?"),
        (
            "colour = 1",
            (
                "unknown key colour; known are model, reader, max_chunk_tokens, title_tokens, "
                "dense_weight, read_hits, widen_by, max_sentences, certain, threshold"
            ),
        ),
        ("dense_weight = 1.5", "dense_weight is 1.5; it must be a number from 0 to 1"),
        ("threshold = true", "threshold is True; it must be a number"),
        ("read_hits = 0", "read_hits is 0; it must be a whole number from 1 up"),
        ("widen_by = -1", "widen_by is -1; it must be a whole number from 0 up"),
        ("max_sentences = 2.5", "max_sentences is 2.5; it must be a whole number from 1 up"),
        ("model = 3", "model is 3; it must be the name or the folder of a sentence-transformers model"),
        ('name = "x"', "unknown key name; "),
    ],
)
def test_an_unusable_key_or_value_is_named(tmp_path: Path, line: str, cause: str) -> None:
    file = tmp_path / "a.toml"
    file.write_text(line)
    with pytest.raises(ConfigurationError) as raised:
        read_configuration(str(file))
    assert str(raised.value).startswith(f"{file}: {cause}")


def test_a_missing_or_invalid_file_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    with pytest.raises(ConfigurationError, match=r"a\.toml cannot be read: No such file or directory; give "):
        read_configuration(str(file))
    file.write_text("dense_weight 1")
    with pytest.raises(ConfigurationError, match=r"a\.toml cannot be read: Expected '=' after a key"):
        read_configuration(str(file))
