"""No loader fetches, reads or runs what a file refers to: a document has only the file's own words."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from benchmarks.fuzz_samples import parts_of, samples, zipped
from index.errors import LoadError
from index.loaders.sandbox.client import Isolated, ReaderDiedError

CANARY = "Cormorants nest in the northern tower."
"""Words in a file beside the document, which no document may contain."""

GATE = "The council of Varda closed the third gate of the dam on Monday."


@dataclass(frozen=True, slots=True)
class Outside:
    """A file and an address that hostile files refer to.

    Attributes:
        file: the file, which holds the canary's words.
        made: the path of a file that a hostile command would create.
        listener: listens at the address; no loader may connect to it.
    """

    file: Path
    made: Path
    listener: socket.socket

    @property
    def address(self) -> str:
        """The URL of a folder at the listener."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def was_asked(self) -> bool:
        """Return whether a client has connected since the last call."""
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def reader(shared: Isolated) -> Isolated:
    """One process for all these files."""
    return shared


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    file = tmp_path / "canary.txt"
    file.write_text(CANARY)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Outside(file, tmp_path / "made", listener)
        assert not (tmp_path / "made").exists()


def page(outside: Outside) -> bytes:
    file, address = outside.file.as_uri(), outside.address
    return (
        f'<!DOCTYPE html SYSTEM "{address}/a.dtd"><html xmlns:xi="http://www.w3.org/2001/XInclude"><head>'
        f'<base href="{address}/"><link rel="stylesheet" href="{address}/a.css">'
        f'<meta http-equiv="refresh" content="0;url={address}/"><script src="{address}/a.js"></script></head>'
        f'<body><p>{GATE}</p><img src="{address}/a.png"><iframe src="{file}"></iframe>'
        f'<object data="{file}"></object><embed src="{file}"><xi:include href="{file}" parse="text"/>'
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


def word(outside: Outside) -> bytes:
    """A Word file with external parts and a macro."""
    [made, *_] = samples()[".docx"]
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "".join(
        f'<Relationship Id="far{number}" Type="{kinds}/{kind}" Target="{target}" TargetMode="External"/>'
        for number, (kind, target) in enumerate(
            (kind, target)
            for kind in ("attachedTemplate", "footnotes", "numbering", "image", "aFChunk", "header")
            for target in (outside.file.as_uri(), f"{outside.address}/{kind}.xml")
        )
    )
    parts = parts_of(made)
    name = "word/_rels/document.xml.rels"
    parts[name] = parts[name].replace(b"</Relationships>", relations.encode() + b"</Relationships>")
    parts["word/document.xml"] = parts["word/document.xml"].replace(
        b"<w:body>",
        b'<w:body><w:altChunk r:id="far8"/><w:p><w:r><w:instrText>INCLUDETEXT "'
        + str(outside.file).encode()
        + b'"</w:instrText></w:r></w:p>',
    )
    parts["word/vbaProject.bin"] = f'Sub AutoOpen()\nShell "touch {outside.made}"\nEnd Sub'.encode()
    return zipped(parts)


def test_what_is_held_against_the_formats_would_be_noticed(reader: Isolated, outside: Outside) -> None:
    assert reader.load(outside.file).text == CANARY
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
        ("a.html", page, GATE),
        ("a.xhtml", page, GATE),
        ("b.html", entity_page, f"{GATE}\n\n&words;"),
        ("b.xhtml", entity_page, f"{GATE}\n\n&words;"),
        ("a.md", markdown, f"{GATE}\n\na b"),
        ("a.docx", word, WORD),
    ],
)
def test_the_words_are_the_files_own(
    reader: Isolated, outside: Outside, name: str, make: Callable[[Outside], bytes], text: str
) -> None:
    file = outside.file.with_name(name)
    file.write_bytes(make(outside))
    assert reader.load(file).text == text
    assert not outside.was_asked()


def test_a_pdf_reads_no_other_file_and_runs_nothing(
    reader: Isolated, outside: Outside, tmp_path: Path
) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf(outside))
    assert GATE in reader.load(file).text
    assert CANARY not in reader.load(file).text
    assert not outside.was_asked()


ARCHIVES = sorted(suffix for suffix, files in samples().items() if files and files[0].startswith(b"PK"))


@pytest.mark.slow_cases
@pytest.mark.parametrize("suffix", ARCHIVES)
def test_no_part_of_an_archive_brings_in_a_file_by_an_entity(
    reader: Isolated, outside: Outside, tmp_path: Path, suffix: str
) -> None:
    [made, *_] = samples()[suffix]
    parts = parts_of(made)
    for name, content in parts.items():
        root = re.search(rb"<([A-Za-z][\w:]*)", content)
        if root is None or not content.lstrip().startswith(b"<"):
            continue
        declared = entities(outside, root[1].decode()).encode()
        used = re.sub(rb">([^<>]*\w[^<>]*)<", rb">&words;\1<", content[root.start() :])
        changed = parts | {name: content[: root.start()].partition(b"<!DOCTYPE")[0] + declared + used}
        assert_own_words(reader, outside, tmp_path / f"a{suffix}", zipped(changed))


@pytest.mark.slow_cases
@pytest.mark.parametrize("suffix", ARCHIVES)
def test_a_link_of_an_archive_to_a_part_of_it_leads_nowhere_else(
    reader: Isolated, outside: Outside, tmp_path: Path, suffix: str
) -> None:
    [made, *_] = samples()[suffix]
    link = re.compile(rb'((?:Target|href|full-path)=")[^"]*"')
    climbing = "../" * 20 + str(outside.file).lstrip("/")

    def pointed(found: re.Match[bytes], target: str) -> bytes:
        return bytes(found[1]) + target.encode() + b'"'

    for target in (outside.file.as_uri(), str(outside.file), climbing, f"{outside.address}/a.xml"):
        changed = {
            name: link.sub(partial(pointed, target=target), content)
            for name, content in parts_of(made).items()
        }
        assert_own_words(reader, outside, tmp_path / f"a{suffix}", zipped(changed))


def assert_own_words(reader: Isolated, outside: Outside, file: Path, data: bytes) -> None:
    """Reading ``data`` gives an error or a document; either way, nothing comes from outside."""
    file.write_bytes(data)
    try:
        document = reader.load(file)
    except LoadError as error:
        kept = not isinstance(error.__cause__, ReaderDiedError)
    else:
        kept = CANARY not in f"{document}"
    assert kept
    assert not outside.was_asked()
