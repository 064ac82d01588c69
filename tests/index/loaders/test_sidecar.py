"""The details of a sidecar override those of the file, and invalid details are named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from index.documents import KEYS
from index.errors import LoadError
from index.loaders import load
from index.loaders.metadata import read_sidecar, sidecar_of

TEXT = "---\ntitle: Its own title\npublished: 1999\n---\nThe gate failed.\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "dam.txt"
    path.write_text(TEXT)
    return path


def said(file: Path, text: str) -> Path:
    sidecar_of(file).write_text(text, encoding="utf-8")
    return file


def refusal(file: Path) -> str:
    with pytest.raises(LoadError) as caught:
        load(file)
    return str(caught.value)


def test_its_name_is_the_whole_name_of_the_file_and_a_suffix() -> None:
    assert sidecar_of(Path("a/dam.tar.txt")) == Path("a/dam.tar.txt.meta.yaml")


def test_it_overrides_the_front_matter_and_other_details_stay(file: Path) -> None:
    found = load(said(file, "publisher: The Valley Post\npublished: 24 July 2021\nlanguage: en-GB\n"))
    assert (found.title, found.publisher, found.published, found.language) == (
        *("Its own title", "The Valley Post", "2021-07-24", "en"),
    )
    assert found.origins == {
        "title": "front matter",
        "published": "sidecar",
        "publisher": "sidecar",
        "language": "sidecar",
    }


def test_it_puts_a_file_into_a_collection(file: Path) -> None:
    found = load(said(file, f"collection:  {'x' * 199}é \n"))
    assert (found.collection, found.origins["collection"]) == (f"{'x' * 199}é", "sidecar")


def test_without_one_a_file_speaks_for_itself(file: Path) -> None:
    found = load(file)
    assert found.origins == {"title": "front matter", "published": "front matter"}
    assert found.collection is None
    assert read_sidecar(file) == {}


MENDED = "; correct the sidecar, or remove it"
LINKED = "dam.txt: has a sidecar that is a link or not a file; put the sidecar itself beside the file"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titel: X", f"has an unknown detail 'titel'; use only {', '.join(KEYS)}"),
        (
            "published: soon",
            "has the detail published: 'soon', which is not a date; write 2031-07-18, 2031-07 or 2031",
        ),
        (
            "language: '?'",
            "has the detail language: '?', which is not a language code; write a code such as en or km",
        ),
        (
            f"collection: {'x' * 201}",
            "has a collection name of 201 characters; use at most 200 characters",
        ),
        ("- title", f"has a sidecar that is not lines of key: value{MENDED}"),
        ("title: [a]", f"has a sidecar that is not lines of key: value{MENDED}"),
        ("x" * 70_000, f"has a sidecar of more than 65,536 bytes{MENDED}"),
    ],
)
def test_invalid_details_are_named(file: Path, text: str, message: str) -> None:
    assert refusal(said(file, text)) == f"dam.txt: {message}"


def test_it_makes_no_objects(file: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    assert "not lines of key: value" in refusal(
        said(file, f"title: !!python/object/apply:os.mkdir ['{made}']\n")
    )
    assert not made.exists()


def test_broken_yaml_is_named(file: Path) -> None:
    assert refusal(said(file, "title: 'no end")).startswith("dam.txt: has a sidecar that is not YAML: ")


@pytest.mark.parametrize("target", ["outside.yaml", "reports/inside.yaml", "nowhere.yaml"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "reports").mkdir()
    file = tmp_path / "reports" / "dam.txt"
    file.write_text(TEXT)
    for place in ("outside.yaml", "reports/inside.yaml"):
        (tmp_path / place).write_text("title: Secret\n")
    sidecar_of(file).symlink_to(tmp_path / target)
    assert refusal(file) == LINKED


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="no such flag here")
def test_a_link_that_is_put_there_in_the_moment_of_reading_is_not_followed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(file, "title: By hand\n")
    secret = file.with_name("secret")
    secret.write_text("title: Secret\n")
    look = Path.lstat

    def swapped(self: Path) -> os.stat_result:
        seen = look(self)
        self.unlink()
        self.symlink_to(secret)
        return seen

    with monkeypatch.context() as patched:
        patched.setattr(Path, "lstat", swapped)
        with pytest.raises(LoadError, match="has a sidecar that cannot be read: Too many levels of symbolic"):
            read_sidecar(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(file: Path) -> None:
    os.mkfifo(sidecar_of(file))
    assert refusal(file) == LINKED


def test_a_name_that_is_too_long_for_one_has_none(tmp_path: Path) -> None:
    file = tmp_path / f"{'x' * 250}.txt"
    file.write_text(TEXT)
    assert read_sidecar(file) == {}
    assert load(file).title == "Its own title"
