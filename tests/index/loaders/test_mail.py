"""An e-mail becomes its header, its text and a list of its attachments."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import LoadError
from index.loaders.mail import MAX_DEPTH, read_eml
from tests.support.examples import up_to

PATH = Path("mail/dam.eml")
SENTENCE = "Gate 3 failed because nobody had looked at its pin since the dam was built."
HEAD = "From: Ada Lind <ada@dam.test>\nSubject: Gate 3\n"
SHOWN = f"{HEAD}\n"


def mail(content: str = SENTENCE, subtype: str = "plain") -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address("Ada Lind", addr_spec="ada@dam.test")
    message["Subject"] = "Gate 3"
    message.set_content(content, subtype=subtype)
    return message


def text_of(message: EmailMessage) -> str:
    """The text that the loader reads from a message, without the message's head."""
    found = read_eml(message.as_bytes(), PATH).text
    assert found.startswith(SHOWN)
    return found.removeprefix(SHOWN)


def raw(fields: str, body: bytes) -> str:
    return read_eml(f"{HEAD}{fields}\n\n".encode() + body, PATH).text.removeprefix(SHOWN)


class TestHead:
    def test_it_is_lines_that_can_be_cited_in_one_order(self) -> None:
        sender, to = "From: Ada Lind <ada@dam.test>\n", "To: Bo Ek <bo@dam.test>, cleo@dam.test\n"
        date, subject = "Date: Mon, 10 Mar 2031 02:55:00 +0100\n", "Subject: Gate 3 is gone\n"
        cc = "Cc: dan@dam.test\n"
        found = read_eml(f"{date}X-Mailer: Mailer\n{subject}{to}{sender}{cc}\n{SENTENCE}\n".encode(), PATH)
        assert found.text == f"{sender}{to}{cc}{date}{subject}\n{SENTENCE}"
        assert (found.title, found.author, found.published) == ("Gate 3 is gone", "Ada Lind", "2031-03-10")
        assert (found.kind, found.language, found.publisher) == ("eml", "en", None)
        assert found.origins == dict.fromkeys(("title", "author", "published"), "document properties")

    @pytest.mark.parametrize(
        ("written", "words"),
        [
            (b"=?utf-8?q?Gr=C3=B6=C3=9Fe_4?=", "Größe 4"),
            (b"=?ISO-8859-1?B?R3L232U=?= 4", "Größe 4"),
            (b"=?utf-8?b?5aSn5Z0=?=\n =?utf-8?b?nQ==?=", "大坝"),
            (b"=?utf-8?q?Gate?= =?iso-8859-1?q?_3?=", "Gate 3"),
            *((b"Gate =?utf-8?q?3?= fell", "Gate 3 fell"), (b"=?no-such-thing?q?Gate_3?=", "Gate 3")),
            *((b"=?utf-8?b?R2F0ZSA!?=", "Gate"), (b"=?utf-8*de?q?T=C3=BCr?=", "Tür")),
            *((b"=?utf-8?q?broken", "=?utf-8?q?broken"), ("Größe 4".encode(), "Größe 4")),
            *(("Größe 4".encode("cp1252"), "Größe 4"), (b"Gate\n  3\n\tfell", "Gate 3 fell")),
        ],
    )
    def test_a_subject_is_read_in_any_encoding(self, written: bytes, words: str) -> None:
        kind = b"Content-Type: text/plain; charset=iso-8859-1\n"
        found = read_eml(b"From: a@b.test\n" + kind + b"Subject: " + written + b"\n\nx", PATH)
        assert (found.title, found.text) == (words, f"From: a@b.test\nSubject: {words}\n\nx")

    @pytest.mark.parametrize(
        ("sender", "author"),
        [
            *(
                (b'"Lind, Ada" <ada@dam.test>', "Lind, Ada"),
                (b"=?utf-8?q?J=C3=B6rg_Ek?= <j@d.test>", "Jörg Ek"),
            ),
            *(
                (b"ada@dam.test", "ada@dam.test"),
                (b"ada@dam.test (Ada Lind)", "Ada Lind"),
                (b"(" * 5000, None),
            ),
        ],
    )
    def test_the_author_is_the_sender_by_name_or_address(self, sender: bytes, author: str | None) -> None:
        found = read_eml(b"From: " + sender + b"\n\nx", PATH)
        assert found.author == author
        assert (found.title, found.origins["title"]) == ("dam", "file name"), "without a subject"

    @pytest.mark.parametrize(
        ("date", "day"),
        [
            *(("Mon, 10 Mar 2031 23:55:00 -0800 (PST)", "2031-03-10"), ("10 Mar 31 23:55", "2031-03-10")),
            *(("yesterday", None), ("Mon, 40 Mar 2031 00:00:00 +0000", None)),
        ],
    )
    def test_the_day_is_that_of_the_sender(self, date: str, day: str | None) -> None:
        assert read_eml(f"Date: {date}\n\nx".encode(), PATH).published == day


NESTED = (
    HEAD + "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(60)) + "\nx"
)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"plain words", "is not an e-mail: its header has no From, To, Subject or Date"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is named .eml but seems to be an old Microsoft Office file"),
        (b"MIME-Version: 1.0\n\n \n", "holds no words to read"),
        (NESTED.encode(), f"is broken: its parts are nested more than {MAX_DEPTH} deep"),
    ],
    ids=["no head", "binary", "no words", "nested"],
)
def test_each_error_is_named(data: bytes, cause: str) -> None:
    with pytest.raises(LoadError) as caught:
        read_eml(data, PATH)
    assert caught.value.cause == cause
    assert caught.value.remedy


PIECES = st.sampled_from(
    [
        *(b"From: ", b"To: ", b"Subject: ", b"Date: ", b"Content-Type: ", b"Content-Transfer-Encoding: "),
        *(b"Content-Disposition: attachment; ", b"\n", b"\n\n", b"\r\n", b"multipart/mixed; boundary=b\n"),
        *(b"--b\n", b"multipart/alternative; boundary=b\n", b"--b--\n", b"message/rfc822\n"),
        *(b"message/delivery-status\n", b"text/plain; charset=", b"text/html; charset=", b"idna", b"utf-7"),
        *(b"hex", b"undefined", b"\x00", b"\xff", b"base64\n", b"quoted-printable\n", b"x-uuencode\n"),
        *(b"begin 666 a\n#", b"=?utf-8?b?", b"?=", b"=?idna?q?", b"filename*=idna''%ff", b'"', b"<", b">"),
        *(b"filename*0*=utf-16'", b"filename*1=x", b"(", b"@", b";", b"=3D", b"=\n", b"words ", b"<p>x</p>"),
        *(b"&#xD800;", b"> ", b"9" * 30, b" Mar ", b":", b"\xed\xa0\x80", b" \n"),
    ]
)


@settings(max_examples=up_to(500))
@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_any_message_gives_a_storable_document(data: bytes) -> None:
    found = read_eml(HEAD.encode() + data, PATH)
    for said in (found.text, found.title, found.author or ""):
        assert "\0" not in said
        assert said.encode("utf-8").decode("utf-8") == said


class TestPlainText:
    UTF_8, LATIN_1 = "Content-Type: text/plain; charset=utf-8", "Content-Type: text/plain; charset=iso-8859-1"
    FLOWED = "Content-Type: text/plain; format=flowed"
    STATUS = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\nStatus: 5.1.1\n"
    REPORT = b"--b\n\nNo.\n--b\n" + STATUS + b"--b--\n"

    @pytest.mark.parametrize(
        ("fields", "body", "text"),
        [
            (f"{UTF_8}\nContent-Transfer-Encoding: base64", b"R3LDtsOfZQ==", "Größe"),
            (f"{LATIN_1}\nContent-Transfer-Encoding: quoted-printable", b"Gr=F6=DFe =\n4", "Größe 4"),
            ("Content-Type: text/plain; charset=us-ascii", "Größe".encode("cp1252"), "Größe"),
            (LATIN_1, "Größe".encode(), "Größe"),
            ("Content-Type: text/plain; charset=no-such", "Größe".encode(), "Größe"),
            ("Content-Type: text/plain; charset=koi8-r", "Гейт рухнул".encode("koi8-r"), "Гейт рухнул"),
            ("X-Nothing: said", "Größe für alle".encode(), "Größe für alle"),
            (UTF_8, b"Gr\xc3\xb6\xc3\x9fe \xff " + "ä".encode() * 40, f"Größe � {'ä' * 40}"),
            ("Content-Type: text/plain; charset=iso-2022-jp", "ダム".encode("iso2022_jp"), "ダム"),
            ("Content-Type: multipart/mixed; boundary=x", b"no parts", "no parts"),
            ("Content-Type: ;;;", b"words", "words"),
            (f"{FLOWED}; delsp=yes", "大 \n坝".encode(), "大坝"),
            (FLOWED, b"A \nfell.\n> It \n> did.\n From\n-- \nAda", "A fell.\n\n> It did.\n\nFrom\n--\nAda"),
            ("Content-Type: text/html; charset=koi8-r", "<p>Гейт</p>".encode("koi8-r"), "Гейт"),
            (
                "Content-Type: text/html",
                "<meta charset=cp1251><p>Гейт рухнул</p>".encode("cp1251"),
                "Гейт рухнул",
            ),
            (
                "Content-Type: multipart/report; boundary=b",
                REPORT,
                "No.\n\nReporting-MTA: dns; a\nStatus: 5.1.1",
            ),
        ],
    )
    def test_it_is_read_in_any_encoding_and_form(self, fields: str, body: bytes, text: str) -> None:
        assert raw(fields, body) == text

    def test_lines_broken_for_their_length_are_joined_in_quotations_too(self) -> None:
        wrapped = (
            "The river rose by four metres in the night of the ninth of\nMarch, and no siren was heard.\n\n"
            "On 9 March Bo wrote:\n"
            "> The pin of the third gate was last seen in the spring of\n> 2009, when it was painted.\n>\n"
            ">> Who saw it?\n\n-- \nAda"
        )
        assert raw("", wrapped.encode()) == (
            "The river rose by four metres in the night of the ninth of March, and no siren was heard.\n\n"
            "On 9 March Bo wrote:\n\n"
            "> The pin of the third gate was last seen in the spring of 2009, when it was painted.\n\n"
            ">> Who saw it?\n\n--\nAda"
        )


class TestParts:
    def test_the_plain_text_is_preferred_if_it_has_the_words(self) -> None:
        message = mail()
        message.add_alternative(f"<p>{SENTENCE}</p><p>Unsubscribe</p>", subtype="html")
        assert text_of(message) == SENTENCE

    def test_html_is_read_if_the_plain_text_is_a_placeholder(self) -> None:
        message = mail("Turn on HTML.")
        rows = "<tr><th>District</th><th>March</th></tr><tr><td>Quell</td><td>2,480</td></tr>"
        message.add_alternative(
            f"<div style='display:none'>Preview &zwnj;&nbsp;</div><div>&zwnj;&nbsp;&#847;</div>"
            f"<p>{SENTENCE}</p><table>{rows}</table>"
            "<img src='http://track.test/p.gif' width=1 height=1 alt=''><blockquote>Who saw it?</blockquote>",
            subtype="html",
        )
        assert text_of(message) == f"{SENTENCE}\n\nDistrict | March\nQuell | 2,480\n\nWho saw it?"

    def test_attachments_are_listed_by_name_kind_and_size_and_not_opened(self) -> None:
        message = mail()
        message.add_attachment(b"%PDF-" + bytes(1495), "application", "pdf", filename="Prüfung.pdf")
        message.add_attachment("a,b\n", subtype="csv", filename="a.csv")
        message.add_attachment("Later words.", filename="notes.txt")
        message.add_attachment(bytes(1024 * 1024), "image", "png")
        assert text_of(message) == (
            f"{SENTENCE}\n\nAttachment: Prüfung.pdf, application/pdf, 1 KB\n"
            "Attachment: a.csv, text/csv, 4 bytes\n"
            "Attachment: notes.txt, text/plain, 13 bytes\nAttachment: without a name, image/png, 1.0 MB"
        )

    def test_pictures_that_the_page_shows_and_signatures_are_not_listed(self) -> None:
        message = mail(f"<p>{SENTENCE}</p><img src='cid:logo'>", subtype="html")
        message.add_related(
            b"GIF89a", "image", "gif", cid="<logo>", filename="logo.gif", disposition="inline"
        )
        message.make_mixed()
        message.add_attachment(b"x", "application", "pgp-signature", filename="signature.asc")
        assert text_of(message) == SENTENCE

    def test_an_attachment_inside_an_alternative_is_listed(self) -> None:
        inner = EmailMessage()
        inner.set_content(f"<p>{SENTENCE}</p>", subtype="html")
        inner.add_attachment(b"x" * 10, "application", "pdf", filename="a.pdf")
        message = mail()
        message.make_alternative()
        message.attach(inner)
        assert text_of(message) == f"{SENTENCE}\n\nAttachment: a.pdf, application/pdf, 10 bytes"

    def test_an_attached_message_is_read_with_its_head(self) -> None:
        inner = EmailMessage()
        inner["From"], inner["Subject"] = "Bo Ek <bo@dam.test>", "The pin"
        inner.set_content("It rusted.")
        message = mail()
        message.add_attachment(inner)
        assert text_of(message) == (
            f"{SENTENCE}\n\nAttachment: The pin, message/rfc822\n\n"
            "From: Bo Ek <bo@dam.test>\nSubject: The pin\n\nIt rusted."
        )
