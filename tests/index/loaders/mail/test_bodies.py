"""The parts of an e-mail become its text and the names of its attachments, in any encoding."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from tests.support.mails import SENTENCE, mail, raw, text_of


class TestPlainText:
    @pytest.mark.parametrize(
        ("fields", "body", "text"),
        [
            (
                "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64",
                b"R3LDtsOfZQ==",
                "Größe",
            ),
            (
                "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable",
                b"Gr=F6=DFe =\n4",
                "Größe 4",
            ),
            ("Content-Type: text/plain; charset=us-ascii", "Größe".encode("cp1252"), "Größe"),
            ("Content-Type: text/plain; charset=iso-8859-1", "Größe".encode(), "Größe"),
            ("Content-Type: text/plain; charset=no-such", "Größe".encode(), "Größe"),
            ("Content-Type: text/plain; charset=koi8-r", "Гейт рухнул".encode("koi8-r"), "Гейт рухнул"),
            ("X-Nothing: said", "Größe für alle".encode(), "Größe für alle"),
            (
                "Content-Type: text/plain; charset=utf-8",
                b"Gr\xc3\xb6\xc3\x9fe \xff " + "ä".encode() * 40,
                f"Größe � {'ä' * 40}",
            ),
            ("Content-Type: text/plain; charset=iso-2022-jp", "ダム".encode("iso2022_jp"), "ダム"),
            ("Content-Type: multipart/mixed; boundary=x", b"no parts", "no parts"),
            ("Content-Type: ;;;", b"words", "words"),
        ],
    )
    def test_it_is_read_in_any_encoding(self, fields: str, body: bytes, text: str) -> None:
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

    def test_flowed_lines_are_joined_as_they_say(self) -> None:
        kind = "Content-Type: text/plain; format=flowed"
        assert raw(kind, b"Gate 3 \nfell.\n> It \n> rusted.\n From here\n-- \nAda") == (
            "Gate 3 fell.\n\n> It rusted.\n\nFrom here\n--\nAda"
        )
        assert raw(f"{kind}; delsp=yes", "大 \n坝".encode()) == "大坝"


class TestParts:
    def test_the_plain_text_is_preferred_if_it_has_the_words(self) -> None:
        message = mail()
        message.set_content(SENTENCE)
        message.add_alternative(f"<p>{SENTENCE}</p><p>Unsubscribe</p>", subtype="html")
        assert text_of(message) == SENTENCE

    def test_html_is_read_if_the_plain_text_is_a_placeholder(self) -> None:
        message = mail()
        message.set_content("Turn on HTML.")
        rows = "<tr><th>District</th><th>March</th></tr><tr><td>Quell</td><td>2,480</td></tr>"
        message.add_alternative(
            f"<div style='display:none'>Preview &zwnj;&nbsp;</div><div>&zwnj;&nbsp;&#847;</div>"
            f"<p>{SENTENCE}</p><table>{rows}</table>"
            "<img src='http://track.test/p.gif' width=1 height=1 alt=''><blockquote>Who saw it?</blockquote>",
            subtype="html",
        )
        assert text_of(message) == f"{SENTENCE}\n\nDistrict | March\nQuell | 2,480\n\nWho saw it?"

    def test_html_declares_its_encoding_if_the_header_does_not(self) -> None:
        page = "<meta charset=windows-1251><p>Гейт номер три</p>".encode("cp1251")
        assert raw("Content-Type: text/html", page) == "Гейт номер три"
        assert raw("Content-Type: text/html; charset=koi8-r", "<p>Гейт</p>".encode("koi8-r")) == "Гейт"

    def test_attachments_are_listed_by_name_kind_and_size_and_not_opened(self) -> None:
        message = mail()
        message.set_content(SENTENCE)
        message.add_attachment(b"%PDF-" + bytes(2043), "application", "pdf", filename="Prüfung.pdf")
        message.add_attachment("a,b\n", subtype="csv", filename="a.csv")
        message.add_attachment("Later words.", filename="notes.txt")
        message.add_attachment(bytes(3 * 1024 * 1024), "image", "png")
        assert text_of(message) == (
            f"{SENTENCE}\n\nAttachment: Prüfung.pdf, application/pdf, 2 KB\n"
            "Attachment: a.csv, text/csv, 4 bytes\n"
            "Attachment: notes.txt, text/plain, 13 bytes\nAttachment: without a name, image/png, 3.0 MB"
        )

    def test_pictures_that_the_page_shows_and_signatures_are_not_listed(self) -> None:
        message = mail()
        message.set_content(f"<p>{SENTENCE}</p><img src='cid:logo'>", subtype="html")
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
        message.set_content(SENTENCE)
        message.make_alternative()
        message.attach(inner)
        assert text_of(message) == f"{SENTENCE}\n\nAttachment: a.pdf, application/pdf, 10 bytes"

    def test_an_attached_message_is_read_with_its_head(self) -> None:
        inner = EmailMessage()
        inner["From"], inner["Subject"] = "Bo Ek <bo@dam.test>", "The pin"
        inner.set_content("It rusted.")
        message = mail()
        message.set_content(SENTENCE)
        message.add_attachment(inner)
        assert text_of(message) == (
            f"{SENTENCE}\n\nAttachment: The pin, message/rfc822\n\n"
            "From: Bo Ek <bo@dam.test>\nSubject: The pin\n\nIt rusted."
        )

    def test_a_delivery_report_is_read(self) -> None:
        body = (
            "--b\n\nNot delivered.\n--b\nContent-Type: message/delivery-status\n\n"
            "Reporting-MTA: dns; mx.test\n\nAction: failed\nStatus: 5.1.1\n--b--\n"
        )
        assert raw("Content-Type: multipart/report; boundary=b", body.encode()) == (
            "Not delivered.\n\nReporting-MTA: dns; mx.test\nAction: failed\nStatus: 5.1.1"
        )
