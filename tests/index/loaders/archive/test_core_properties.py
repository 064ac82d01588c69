"""What an Office file says of itself is read from its core properties, and nothing is made up."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest

from index.loaders.archive.core_properties import Properties, core_properties


def package(said: str | None) -> bytes:
    """An archive whose core properties are ``said``; None leaves the part out."""
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("other.xml", "<other/>")
        if said is not None:
            archive.writestr(
                "docProps/core.xml",
                '<p:coreProperties xmlns:p="urn:core" '
                'xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:t="http://purl.org/dc/terms/">'
                f"{said}</p:coreProperties>",
            )
    return file.getvalue()


def test_title_author_and_day() -> None:
    named = "<d:title> The \n dam </d:title><d:creator>Dam commission</d:creator>"
    said = f"{named}<t:created>2031-03-01T08:00:00Z</t:created>"
    assert core_properties(package(said)) == Properties("The dam", "Dam commission", "2031-03-01")


def test_the_day_is_that_of_the_last_change() -> None:
    said = "<t:created>2031-03-01T08:00:00Z</t:created><t:modified>2031-04-02T08:00:00Z</t:modified>"
    assert core_properties(package(said)).published == "2031-04-02"


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "<d:title/><d:creator> </d:creator><t:modified>soon</t:modified>",
        "<d:title>dam.xlsx</d:title><d:creator>openpyxl</d:creator>",
        "<d:title>PowerPoint Presentation</d:title><d:creator>user</d:creator>",
        "<broken",
    ],
    ids=["no part", "empty", "blank", "programs", "defaults", "broken"],
)
def test_nothing_is_made_up(said: str | None) -> None:
    assert core_properties(package(said)) == Properties()


def test_entities_are_not_expanded() -> None:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr(
            "docProps/core.xml", '<!DOCTYPE p [<!ENTITY x "SECRET">]><p><title>Dam &x;</title></p>'
        )
    assert core_properties(file.getvalue()).title == "Dam"
