"""The details of a document come from its properties, name and time, and from its sidecar."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from index.documents import KEYS, Document, sidecar_of
from index.errors import LoadError
from index.loaders import load
from index.loaders.metadata import (
    date_of_name,
    iso_date,
    language_code,
    read_sidecar,
    readable_property,
    title_of_name,
    with_date,
)

UNDATED = Document("Words.", "T", "text", origins={"title": "page"})


@pytest.mark.parametrize(
    ("written", "date"),
    [
        *(("2025-07-24", "2025-07-24"), ("2025-07", "2025-07"), ("2025", "2025")),
        *(("2025-07-24T09:30:00+07:00", "2025-07-24"), ("2025-07-24 09:30", "2025-07-24")),
        *(("2025/07/24", "2025-07-24"), ("20250724", "2025-07-24"), ("24 July 2025", "2025-07-24")),
        *(("July 24, 2025", "2025-07-24"), (" 24  Jul 2025 ", "2025-07-24")),
        *(("24.7.2025", "2025-07-24"), ("July 2025", "2025-07")),
    ],
)
def test_a_date_is_made_iso(written: str, date: str) -> None:
    assert iso_date(written) == date


@pytest.mark.parametrize(
    "written", [None, "", "soon", "2025-13-01", "2025-02-30", "03/04/2025", "0000", "24 Juli", "२०२५"]
)
def test_an_ambiguous_date_is_none(written: str | None) -> None:
    assert iso_date(written) is None


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        *(("en-GB", "en"), ("zh_Hant_TW", "zh"), ("FR", "fr"), ("und", None), ("x", None), ("", None)),
        (None, None),
    ],
)
def test_a_language_tag_is_reduced_to_its_language(tag: str | None, code: str | None) -> None:
    assert language_code(tag) == code


@pytest.mark.parametrize(
    ("written", "title"),
    [
        *(("Annual  report", "Annual report"), ("Microsoft Word - Annual report", "Annual report")),
        *(("Microsoft Word - report_v3.docx", None), ("report_20211231.htm", None)),
        *(("Untitled document", None), ("PowerPoint Presentation", None), ("(anonymous)", None)),
        *(("Anonymous Analytics", "Anonymous Analytics"), (" ", None), (None, None)),
    ],
)
def test_a_placeholder_of_a_program_is_none(written: str | None, title: str | None) -> None:
    assert readable_property(written) == title


def test_a_name_that_cannot_be_stored_makes_a_title_that_can() -> None:
    assert title_of_name(Path("a\udcff\n b.txt")) == "a?? b"


@pytest.mark.parametrize(
    ("name", "date"),
    [
        *(("report-2021-07-18", "2021-07-18"), ("20210718_report", "2021-07-18")),
        *(("2021_07 report", "2021-07"), ("annual report 2021", "2021")),
        *(("2019 to 2021-03", "2021-03"), ("2019-2021", "2019"), ("report", None)),
        *(("18.07.2021", "2021"), ("2021-13", "2021"), ("2021-02-30", None), ("A2021B", "2021")),
        *(("ISO 12021", None), ("20211", None), ("plan for 2099", None), ("1848", None)),
    ],
)
def test_the_date_in_a_files_name(name: str, date: str | None) -> None:
    assert date_of_name(name) == date


def test_a_date_that_was_read_stays_then_comes_the_files_name_and_never_its_time(tmp_path: Path) -> None:
    read = Document("Words.", "T", "text", published="1999", origins={"published": "front matter"})
    named, file = tmp_path / "report-2021-07.txt", tmp_path / "report.txt"
    assert with_date(read, named) == read
    found = with_date(UNDATED, named)
    assert (found.published, found.origins) == ("2021-07", {"title": "page", "published": "file name"})
    assert with_date(UNDATED, file) == UNDATED


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


def test_it_overrides_the_front_matter_and_other_details_stay(file: Path) -> None:
    assert sidecar_of(file).name == "dam.txt.meta.yaml"
    sidecar = (
        f"publisher: The Valley Post\npublished: 24 July 2021\nlanguage: en-GB\ncollection:  {'x' * 199}é \n"
    )
    found = load(said(file, sidecar))
    assert (found.title, found.publisher, found.published) == (
        *("Its own title", "The Valley Post", "2021-07-24"),
    )
    assert (found.language, found.collection) == ("en", f"{'x' * 199}é")
    overridden = dict.fromkeys(("published", "publisher", "language", "collection"), "sidecar")
    assert found.origins == {"title": "front matter", **overridden}


def test_without_one_a_file_speaks_for_itself(file: Path) -> None:
    found = load(file)
    assert found.origins == {"title": "front matter", "published": "front matter"}
    assert (found.collection, read_sidecar(file)) == (None, {})
    long = file.rename(file.with_name(f"{'x' * 250}.txt"))  # too long for the name of a sidecar
    assert (read_sidecar(long), load(long).title) == ({}, "Its own title")


MENDED = "; correct the sidecar, or remove it"
LINKED = "dam.txt: has a sidecar that is a link or not a file; put the sidecar itself beside the file"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titel: X", f"an unknown detail 'titel'; use only {', '.join(KEYS)}"),
        (
            "published: soon",
            "the detail published: 'soon', which is not a date; write 2031-07-18, 2031-07 or 2031",
        ),
        (
            "language: '?'",
            "the detail language: '?', which is not a language code; write a code such as en or km",
        ),
        (f"collection: {'x' * 201}", "a collection name of 201 characters; use at most 200 characters"),
        ("- title", f"a sidecar that is not lines of key: value{MENDED}"),
        ("title: [a]", f"a sidecar that is not lines of key: value{MENDED}"),
        ("x" * 70_000, f"a sidecar of more than 65,536 bytes{MENDED}"),
    ],
)
def test_invalid_details_are_named(file: Path, text: str, message: str) -> None:
    assert refusal(said(file, text)) == f"dam.txt: has {message}"


def test_broken_yaml_is_named(file: Path) -> None:
    assert refusal(said(file, "title: 'no end")).startswith("dam.txt: has a sidecar that is not YAML: ")


def test_it_makes_no_objects(file: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    assert "not lines of key: value" in refusal(
        said(file, f"title: !!python/object/apply:os.mkdir ['{made}']\n")
    )
    assert not made.exists()


@pytest.mark.parametrize("target", ["outside.yaml", "reports/inside.yaml", "nowhere.yaml"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "reports").mkdir()
    file = tmp_path / "reports" / "dam.txt"
    file.write_text(TEXT)
    for place in ("outside.yaml", "reports/inside.yaml"):
        (tmp_path / place).write_text("title: Secret\n")
    sidecar_of(file).symlink_to(tmp_path / target)
    assert refusal(file) == LINKED


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


def test_a_pipe_is_not_waited_for(file: Path) -> None:
    os.mkfifo(sidecar_of(file))
    assert refusal(file) == LINKED
