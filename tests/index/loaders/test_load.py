"""The suffix of a file chooses its loader; an error gives the cause and the remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzz_samples import samples
from index.documents import Document
from index.errors import LoadError
from index.loaders import SUFFIXES, LoadingLimits, Options, load
from tests.support.examples import up_to

SUPPORTED = {
    f".{suffix}": kind
    for kind, suffixes in (
        *(("csv", "csv tsv"), ("docx", "docx"), ("eml", "eml"), ("epub", "epub"), ("html", "htm html xhtml")),
        *(("markdown", "markdown md"), ("ods", "ods"), ("odt", "odt"), ("pdf", "pdf"), ("pptx", "pptm pptx")),
        *(("rtf", "rtf"), ("text", "txt"), ("xlsx", "xlsm xlsx")),
    )
    for suffix in suffixes.split()
}
"""The kind of the documents by suffix."""
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64)
DOCX = b"PK\x03\x04" + bytes(26) + b"word/document.xml" + bytes(64)
PIECES = st.sampled_from(
    [
        *(
            b"<table>",
            b"<tr>",
            b"<td>",
            b"</table>",
            b"<ul><li>",
            b"</ul>",
            b"<pre>",
            b"<sup>2</sup>",
            b"<br>",
        ),
        *(b"&#0;", b"&#xD800;", b"&#x1F600;", b"<!--", b"-->", b"<![CDATA[", b"<script>", b"</script>"),
        *(
            b"<svg>",
            b"<?xml version='1.0' encoding='utf-16'?>",
            b"<meta charset=shift_jis>",
            b"<body hidden>",
        ),
        *(b"<frameset>", b"---\n", b"title: [", b"published: 2025-02-30\n", b"- x\n", b"```\n", b"> "),
        *(b"| a | b |\n|---|---|\n", b"\xff", b"\x00", b"\x0c", b"\r", b"\xe2\x80\xa8", b"\xef\xbb\xbf"),
        *(b"\xff\xfe", b"1. ", b"words here ", b"%PDF-1.4\n", b"1 0 obj\n<< /Type /Catalog >>\nendobj\n"),
        *(b"trailer << /Root 1 0 R >>\n", b"%%EOF"),
    ]
)


def write(folder: Path, name: str, data: bytes | str) -> Path:
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def refusal(path: Path) -> str:
    with pytest.raises(LoadError) as error:
        load(path)
    assert error.value.path == path
    assert str(error.value) == f"{path.name}: {error.value.cause}; {error.value.remedy}"
    return str(error.value)


@pytest.fixture(scope="module")
def made() -> dict[str, list[bytes]]:
    """Files of every format."""
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("FOOTNOTED_EVAL_DATA", raising=False)
        return samples()


@pytest.mark.parametrize(("suffix", "kind"), SUPPORTED.items())
def test_the_suffix_in_either_case_chooses_the_loader(
    tmp_path: Path, made: dict[str, list[bytes]], suffix: str, kind: str
) -> None:
    assert made[suffix], f"give {suffix} a sample in benchmarks/fuzz_samples.py"
    for name in (f"a{suffix}", f"A{suffix.upper()}"):
        document = load(write(tmp_path, name, made[suffix][0]))
        assert (document.kind, "Varda" in document.text, len(document.text) > 40) == (kind, True, True)


def test_marks_of_markdown_and_pages_are_words_in_plain_text(tmp_path: Path) -> None:
    texts = {"a.txt": "*Gate* 3", "a.md": "Gate 3", "a.html": "*Gate* 3"}
    assert {name: load(write(tmp_path, name, "*Gate* 3")).text for name in texts} == texts


def test_the_supported_suffixes_are_these() -> None:
    assert SUPPORTED.keys() == SUFFIXES


@pytest.mark.parametrize(
    ("name", "cause"), [("a.doc", "has the unsupported suffix .doc"), ("README", "has no suffix")]
)
def test_an_unsupported_suffix_lists_the_supported(tmp_path: Path, name: str, cause: str) -> None:
    assert refusal(write(tmp_path, name, "Gate 3")) == (
        f"{name}: {cause}; convert it to one of {', '.join(sorted(SUPPORTED))}"
    )


@pytest.mark.parametrize("suffix", SUPPORTED)
def test_a_file_without_bytes_is_empty(tmp_path: Path, suffix: str) -> None:
    assert "is empty: it has no bytes; " in refusal(write(tmp_path, f"a{suffix}", b""))
    if suffix in {".txt", ".md", ".html", ".csv"}:
        blank = refusal(write(tmp_path, f"a{suffix}", b" \r\n\t\n"))
        assert "is empty: it holds only white space; " in blank


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", PNG, "is named .txt but seems to be a PNG picture"),
        ("a.md", DOCX, "is named .md but seems to be a Word document"),
        ("a.html", b"%PDF-1.7\n", "is named .html but seems to be a PDF; rename it to .pdf"),
        ("a.txt", b"%PDF-1.7\n", "is named .txt but seems to be a PDF; rename it to .pdf"),
        ("a.pdf", b"<!DOCTYPE html><p>x", "is named .pdf but seems to be an HTML page; rename it to .html"),
        ("a.pdf", PNG, "is named .pdf but seems to be a PNG picture"),
        ("a.csv", b"PK\x03\x04" + bytes(60), "is named .csv but seems to be a ZIP archive"),
        ("a.csv", b",,,\n,,,\n", "holds no words to read"),
        ("a.csv", b"<html><table>", "is named .csv but seems to be an HTML page; rename it to .html"),
        ("a.txt", b"\n<!doctype HTML><p>x", "is named .txt but seems to be an HTML page; rename it to .html"),
        ("a.pdf", b"Gate 3", "is not a PDF: it has no PDF header"),
        ("a.txt", b"Gate\x003", "is binary, not text"),
        ("a.txt", b"\x01\x02\x03 gate", "is binary, not text"),
        ("a.html", b"\x80\x81\x00\x82" * 9, "is binary, not text"),
        ("a.txt", bytes(range(128, 256)) * 4, "cannot be decoded: no encoding fits its bytes"),
        ("a.txt", b"\xff\xfeG\x00\x00\xd8", "cannot be decoded: it begins as UTF-16-LE and byte 4 is not"),
        ("a.txt", "Größe für über".encode() + b"\xff" + b"\xc3\xa4" * 40, "is UTF-8, but damaged at byte 18"),
    ],
)
def test_a_file_of_another_format_than_its_suffix_is_refused(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    assert said in refusal(write(tmp_path, name, data))


def test_what_is_no_file_or_cannot_be_opened_is_named(tmp_path: Path) -> None:
    missing = "a.txt: does not exist; check its path, or sync again if it was moved"
    assert refusal(tmp_path / "a.txt") == missing
    (tmp_path / "a.txt").mkdir()
    os.mkfifo(tmp_path / "b.txt")
    assert "is a folder, not a file" in refusal(tmp_path / "a.txt")
    assert "is a device, pipe or socket, not a file" in refusal(tmp_path / "b.txt")
    assert "cannot be read: File name too long" in refusal(tmp_path / f"{'a' * 300}.txt")


def test_a_denied_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = write(tmp_path, "a.txt", "Gate 3")
    monkeypatch.setattr(Path, "open", denied)
    assert refusal(file) == "a.txt: cannot be read: permission denied; allow this user to read it"


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, "a.txt", b"x" * (3 * 1024 * 1024))
    with pytest.raises(LoadError) as caught:
        load(file, Options(limits=LoadingLimits(megabytes=2)))
    assert str(caught.value) == "a.txt: has 3 MB, more than the limit of 2 MB; split it into parts"


def test_an_error_is_one_line_for_any_file_name(tmp_path: Path) -> None:
    with pytest.raises(LoadError) as error:
        load(write(tmp_path, "a\nb\u202e.txt", b""))
    assert str(error.value).startswith("a?b?.txt: is empty")


def assert_storable(document: Document) -> None:
    """It has words and a title, and all of its text is Unicode that SQLite and JSON can store."""
    assert document.text.strip()
    assert document.title.strip()
    for said in (document.text, document.title, document.publisher or "", document.published or ""):
        assert "\0" not in said
        assert said.encode("utf-8").decode("utf-8") == said


@settings(max_examples=up_to(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(SUFFIXES)),
    st.one_of(st.binary(min_size=1, max_size=300), st.lists(PIECES, min_size=1, max_size=40).map(b"".join)),
)
def test_arbitrary_bytes_give_a_document_that_can_be_stored_or_a_load_error(
    tmp_path: Path, suffix: str, data: bytes
) -> None:
    try:
        document = load(write(tmp_path, f"a{suffix}", data))
    except LoadError as error:
        lines = str(error).splitlines()
    else:
        lines = []
        assert_storable(document)
    assert len(lines) <= 1


def test_importing_the_loaders_imports_no_library_that_reads_a_format() -> None:
    heavy = {"docx", "trafilatura", "lxml", "pypdfium2", "markdown_it", "yaml", "numpy", "py3langid"}
    script = f"import sys, index.loaders; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


class TestText:
    """The limit of text holds for every format, whatever the size of the file."""

    LIMITS = Options(LoadingLimits(text_megabytes=1))
    MEGABYTE = 1024 * 1024

    @pytest.mark.parametrize("name", ["a.txt", "a.md", "a.csv"])
    def test_a_plain_file_of_just_as_much_is_read_and_one_byte_more_is_not(
        self, tmp_path: Path, name: str
    ) -> None:
        data = b"A gate.\n" * (self.MEGABYTE // 8)
        if name != "a.md":  # It takes seconds.
            assert load(write(tmp_path, name, data), self.LIMITS).text.startswith("A gate.")
        with pytest.raises(LoadError) as caught:
            load(write(tmp_path, name, data + b"A"), self.LIMITS)
        assert str(caught.value) == (
            f"{name}: has 1.0 MB of text, more than the limit of 1 MB; "
            "split it into parts, or allow more text (the setting max_text_megabytes)"
        )

    def test_it_counts_as_utf_8_however_the_file_is_written(self, tmp_path: Path) -> None:
        file = write(tmp_path, "a.txt", ("A gate. " * (self.MEGABYTE // 8)).encode("utf-16"))
        assert len(load(file, self.LIMITS).text) == self.MEGABYTE
        write(tmp_path, "a.txt", ("市" * (self.MEGABYTE // 3 + 1)).encode("utf-16"))
        with pytest.raises(LoadError, match=r"has 1\.0 MB of text"):
            load(file, self.LIMITS)

    def test_it_counts_in_other_formats_once_it_is_read(self, tmp_path: Path) -> None:
        words = "The council closed the third gate of the dam."
        file = write(tmp_path, "a.html", f"<html><body><!--{'x' * self.MEGABYTE}--><p>{words}</p></body>")
        assert load(file, self.LIMITS).text == words
        with pytest.raises(LoadError, match=r"has 0\.0 MB of text, more than the limit of 0 MB"):
            load(file, Options(LoadingLimits(text_megabytes=0)))
