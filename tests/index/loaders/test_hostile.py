"""A hostile or damaged file gives a document of its own words or a named error, and has no other effect."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from stat import S_IFLNK
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
import pytest
from openpyxl import Workbook

from benchmarks.fuzz_loading import run
from benchmarks.fuzz_samples import parts_of, samples, zipped
from index.errors import LoadError
from index.loaders import LoadingLimits, Options, load
from index.loaders.sandbox.client import Isolated, ReaderDiedError
from tests.index.loaders.test_epub import book, page
from tests.index.loaders.test_slides import presentation, titled
from tests.support.archives import rewritten
from tests.support.opendocument_files import p, packed
from tests.support.word_files import saved

HIDDEN = "HIDDEN WORDS"
WORDS = "MARK of the dam"
CANARY = "Cormorants nest in the northern tower."
"""Words in a file beside the document, which no document may contain."""
GATE = "The council of Varda closed the third gate of the dam on Monday."


def word() -> bytes:
    document = docx.Document()
    document.add_paragraph(WORDS)
    return saved(document)


def sheet() -> bytes:
    book_of_one = Workbook()
    book_of_one.worksheets[0].append([WORDS, 1])
    file = BytesIO()
    book_of_one.save(file)
    return file.getvalue()


def declared(declaration: str, reference: str) -> Callable[[bytes], bytes]:
    """Declares entities before the root of a part, and refers to one of them after its words."""

    def change(part: bytes) -> bytes:
        xml = re.sub(rb"^<\?xml[^>]*>", b"", part)
        return declaration.encode() + xml.replace(WORDS.encode(), WORDS.encode() + reference.encode())

    return change


BILLION = (
    '<!DOCTYPE x [<!ENTITY a "AAAAAAAAAAAAAAAAAAAA">'
    + "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 20}">' for at in range(8))
    + "]>"
)


PARTS = {
    "a.docx": (word, "word/document.xml"),
    "a.xlsx": (sheet, "xl/worksheets/sheet1.xml"),
    "a.pptx": (lambda: presentation(titled(WORDS)), "ppt/slides/slide1.xml"),
    "a.odt": (lambda: packed(p(WORDS)), "content.xml"),
    "a.epub": (lambda: book({"a.xhtml": page(f"<p>{WORDS}</p>")}), "OEBPS/a.xhtml"),
}


@pytest.mark.parametrize("name", PARTS)
def test_an_entity_brings_in_no_file_and_makes_no_billion_words(
    name: str, read: Callable[[str, bytes], str], tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(HIDDEN)
    make, part = PARTS[name]
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    for change in (declared(entity, " &e;"), declared(BILLION, " &i;")):
        found = read(name, rewritten(make(), part, change))
        assert HIDDEN not in found
        assert found.startswith((WORDS, "Sheet", "is broken"))
        assert len(found) < 1000


class TestArchives:
    def test_names_that_lead_out_of_it_are_names_and_nothing_else(
        self, read: Callable[[str, bytes], str], tmp_path: Path
    ) -> None:
        file = BytesIO(word())
        with ZipFile(file, "a") as archive:
            for name in ("../../out", "/out", "\\\\host\\share\\out", "C:\\out", "word/../../out"):
                archive.writestr(name, "x")
        assert read("a.docx", file.getvalue()) == WORDS
        assert [found.name for found in tmp_path.rglob("*")] == ["a.docx"]

    def test_a_link_is_not_followed(self, read: Callable[[str, bytes], str], tmp_path: Path) -> None:
        (tmp_path / "secret.txt").write_text(HIDDEN)
        file = BytesIO(book({"b.xhtml": page(f"<p>{WORDS}</p>"), "a.xhtml": page("")}))
        link = ZipInfo("OEBPS/a.xhtml")
        link.create_system, link.external_attr = 3, (S_IFLNK | 0o777) << 16
        with pytest.warns(UserWarning, match="Duplicate name"), ZipFile(file, "a") as archive:
            archive.writestr(link, str(tmp_path / "secret.txt"))
        assert HIDDEN not in read("a.epub", file.getvalue())

    def test_an_archive_in_an_archive_is_not_opened(self, read: Callable[[str, bytes], str]) -> None:
        inner = BytesIO()
        with ZipFile(inner, "w", ZIP_DEFLATED) as archive:
            archive.writestr("zeros", b"\0" * 10_000_000)
        file = BytesIO(word())
        with ZipFile(file, "a") as archive:
            archive.writestr("word/embeddings/a.zip", inner.getvalue())
        assert read("a.docx", file.getvalue()) == WORDS

    def test_a_part_larger_than_its_declared_size_is_damage(self, read: Callable[[str, bytes], str]) -> None:
        large = b"A" * 4_000_000
        data = rewritten(word(), "word/document.xml", lambda part: part.replace(WORDS.encode(), large))
        size = len(parts_of(data)["word/document.xml"])
        lying = data.replace(size.to_bytes(4, "little"), (2000).to_bytes(4, "little"))
        assert read("a.docx", lying).startswith("is broken: Bad CRC-32")

    @pytest.mark.slow
    def test_more_parts_than_any_document_has_are_refused(self, read: Callable[[str, bytes], str]) -> None:
        file = BytesIO(word())
        with ZipFile(file, "a") as archive:
            for number in range(66_000):
                archive.writestr(f"m/{number}", "")
        assert read("a.docx", file.getvalue()).endswith(
            "parts, more than the limit of 65,535, as malicious archives do."
        )


class TestFrontMatter:
    def test_aliases_are_not_expanded_without_end(self, read: Callable[[str, bytes], str]) -> None:
        names = "abcdefghi"
        lines = [f"{names[0]}: &{names[0]} [x, x, x, x, x, x, x, x, x]"]
        lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in pairwise(names)]
        text = "\n".join(["---", *lines, "title: *i", "---", WORDS])
        assert read("a.md", text.encode()) == WORDS

    def test_more_of_it_than_any_report_has_is_refused(self, read: Callable[[str, bytes], str]) -> None:
        text = "---\n" + "".join(f"k{number}: v\n" for number in range(10_000)) + f"---\n{WORDS}\n"
        assert read("a.md", text.encode()).startswith(
            "has front matter of 88,890 characters, more than the limit of 65,536"
        )


@dataclass(frozen=True, slots=True)
class Outside:
    """A file with the canary's words, a path that a hostile command would create, and a listening address."""

    file: Path
    made: Path
    listener: socket.socket

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def was_asked(self) -> bool:
        """Return whether a client has connected since the last call."""
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    file = tmp_path / "canary.txt"
    file.write_text(CANARY)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Outside(file, tmp_path / "made", listener)
        assert not (tmp_path / "made").exists()


def linked_page(outside: Outside) -> bytes:
    file, address = outside.file.as_uri(), outside.address
    return (
        f'<!DOCTYPE html SYSTEM "{address}/a.dtd"><html xmlns:xi="http://www.w3.org/2001/XInclude"><head>'
        f'<base href="{address}/"><link rel="stylesheet" href="{address}/a.css">'
        f'<meta http-equiv="refresh" content="0;url={address}/"><script src="{address}/a.js"></script></head>'
        f'<body><p>{GATE}</p><img src="{address}/a.png"><iframe src="{file}"></iframe>'
        f'<object data="{file}"></object><embed src="{file}"><svg><image href="{file}"/></svg>'
        f'<xi:include href="{file}" parse="text"/>'
        f'<script>document.write("{CANARY}")</script></body></html>'
    ).encode()


def entity_page(outside: Outside) -> bytes:
    return (
        f'<?xml version="1.0"?>{entities(outside, "html")}<html xmlns="http://www.w3.org/1999/xhtml"><body>'
        f"<p>{GATE}</p><p>&words;</p></body></html>"
    ).encode()


def entities(outside: Outside, root: str) -> str:
    """An entity that stands for the file, and a parameter entity that stands for the address."""
    return (
        f'<!DOCTYPE {root} [<!ENTITY words SYSTEM "{outside.file.as_uri()}">'
        f'<!ENTITY % more SYSTEM "{outside.address}/more.dtd">%more;]>'
    )


def markdown(outside: Outside) -> bytes:
    front = f"---\ntitle: !!python/object/apply:os.system ['touch {outside.made}']\n---\n"
    return (
        f"{front}{GATE}\n\n![a]({outside.address}/a.png)\n[b]({outside.address}/b)\n\n"
        f'<iframe src="{outside.file.as_uri()}"></iframe>\n\n<img src="{outside.address}/b.png">\n'
    ).encode()


def pdf(outside: Outside) -> bytes:
    """A page that refers to another file for its words, with actions that run when it is opened."""
    [made, *_] = samples()[".pdf"]
    actions = (
        f"<< /S /JavaScript /JS (app.launchURL\\('{outside.address}'\\)) /Next << /S /URI "
        f"/URI ({outside.address}) /Next << /S /Launch /F (/bin/sh) "
        f"/Win << /P (-c 'touch {outside.made}') >> >> >> >>"
    )
    return made.replace(b"/Catalog ", f"/Catalog /OpenAction {actions} ".encode()).replace(
        b"<< /Length ", f"<< /F ({outside.file}) /FFilter /None /Length ".encode(), 1
    )


def linked_word(outside: Outside) -> bytes:
    """A Word file with external parts and a macro."""
    parts = parts_of(samples()[".docx"][0])
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "".join(
        f'<Relationship Id="{kind}{far}" Type="{kinds}/{kind}" Target="{target}" TargetMode="External"/>'
        for kind in ("attachedTemplate", "footnotes", "numbering", "image", "aFChunk", "header")
        for far, target in enumerate((outside.file.as_uri(), f"{outside.address}/{kind}.xml"))
    )
    name, document = "word/_rels/document.xml.rels", "word/document.xml"
    included = f'<w:p><w:r><w:instrText>INCLUDETEXT "{outside.file}"</w:instrText></w:r></w:p>'
    chunk = f'<w:body><w:altChunk r:id="aFChunk0"/>{included}'
    parts[name] = parts[name].replace(b"</Relationships>", f"{relations}</Relationships>".encode())
    parts[document] = parts[document].replace(b"<w:body>", chunk.encode())
    parts["word/vbaProject.bin"] = f'Sub AutoOpen()\nShell "touch {outside.made}"\nEnd Sub'.encode()
    return zipped(parts)


def test_what_is_held_against_the_formats_would_be_noticed(shared: Isolated, outside: Outside) -> None:
    assert shared.load(outside.file).text == CANARY
    assert not outside.was_asked()
    socket.create_connection(outside.listener.getsockname()).close()
    assert outside.was_asked()


WORD = (
    f"The dam\n\n{GATE}\n\n1. one\n\nPlace | People | Since\nVarda | 1,204 | 2024-06-01\n"
    "Orrin | 87 | 2023\n\nReport 4"
)


@pytest.mark.parametrize(
    ("name", "make", "text"),
    [
        ("a.html", linked_page, GATE),
        ("a.xhtml", linked_page, GATE),
        ("b.html", entity_page, f"{GATE}\n\n&words;"),
        ("b.xhtml", entity_page, f"{GATE}\n\n&words;"),
        ("a.md", markdown, f"{GATE}\n\na b"),
        ("a.docx", linked_word, WORD),
    ],
)
def test_the_words_are_the_files_own(
    shared: Isolated, outside: Outside, name: str, make: Callable[[Outside], bytes], text: str
) -> None:
    file = outside.file.with_name(name)
    file.write_bytes(make(outside))
    assert shared.load(file).text == text
    assert not outside.was_asked()


def test_a_pdf_reads_no_other_file_and_runs_nothing(
    shared: Isolated, outside: Outside, tmp_path: Path
) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf(outside))
    assert GATE in shared.load(file).text
    assert CANARY not in shared.load(file).text
    assert not outside.was_asked()


ARCHIVES = {
    suffix: made[0] for suffix, made in sorted(samples().items()) if made and made[0].startswith(b"PK")
}


@pytest.mark.slow_cases
@pytest.mark.parametrize(("suffix", "made"), ARCHIVES.items(), ids=ARCHIVES)
def test_no_part_of_an_archive_brings_in_a_file_by_an_entity(
    shared: Isolated, outside: Outside, tmp_path: Path, suffix: str, made: bytes
) -> None:
    parts = parts_of(made)
    for name, content in parts.items():
        root = re.search(rb"<([A-Za-z][\w:]*)", content)
        if root is None or not content.lstrip().startswith(b"<"):
            continue
        declared = entities(outside, root[1].decode()).encode()
        used = re.sub(rb">([^<>]*\w[^<>]*)<", rb">&words;\1<", content[root.start() :])
        changed = parts | {name: content[: root.start()].partition(b"<!DOCTYPE")[0] + declared + used}
        assert_own_words(shared, outside, tmp_path / f"a{suffix}", zipped(changed))


@pytest.mark.slow_cases
@pytest.mark.parametrize(("suffix", "made"), ARCHIVES.items(), ids=ARCHIVES)
def test_a_link_of_an_archive_to_a_part_of_it_leads_nowhere_else(
    shared: Isolated, outside: Outside, tmp_path: Path, suffix: str, made: bytes
) -> None:
    link = re.compile(rb'((?:Target|href|full-path)=")[^"]*"')
    climbing = "../" * 20 + str(outside.file).lstrip("/")

    for target in (outside.file.as_uri(), str(outside.file), climbing, f"{outside.address}/a.xml"):
        pointed = rb"\g<1>" + target.encode() + b'"'
        changed = {name: link.sub(pointed, content) for name, content in parts_of(made).items()}
        assert_own_words(shared, outside, tmp_path / f"a{suffix}", zipped(changed))


def assert_own_words(shared: Isolated, outside: Outside, file: Path, data: bytes) -> None:
    """Reading ``data`` gives an error or a document; either way, nothing comes from outside."""
    file.write_bytes(data)
    try:
        document = shared.load(file)
    except LoadError as error:
        kept = not isinstance(error.__cause__, ReaderDiedError)
    else:
        kept = CANARY not in f"{document}"
    assert kept
    assert not outside.was_asked()


@pytest.mark.parametrize(("suffix", "made"), ARCHIVES.items(), ids=ARCHIVES)
def test_no_archive_is_read_that_unpacks_to_more_than_the_limit(
    tmp_path: Path, suffix: str, made: bytes
) -> None:
    file = tmp_path / f"a{suffix}"
    file.write_bytes(made)
    with pytest.raises(LoadError, match=r"unpacks to \d MB, more than the limit of 0 MB"):
        load(file, Options(LoadingLimits(unpacked_megabytes=0)))


@pytest.mark.slow
def test_a_damaged_file_gives_a_document_or_a_named_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOOTNOTED_EVAL_DATA", raising=False)
    files = 120
    outcomes = list(run(files, seed=4))
    wrong = [
        f"{outcome.case.number}{outcome.case.suffix}, {outcome.case.damage}: {outcome.message}"
        for outcome in outcomes
        if outcome.kind in {"violation", "crashed", "killed"}
    ]
    assert wrong == []
    assert [outcome.case.number for outcome in outcomes] == list(range(files))
    kinds = Counter(outcome.kind for outcome in outcomes)
    assert kinds["document"] > files / 5, "damage that leaves nothing to read tests little"
    assert kinds["named error"] > files / 5
