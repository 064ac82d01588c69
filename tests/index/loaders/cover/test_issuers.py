"""A publisher is named where the first page marks it as one, and nowhere else."""

from __future__ import annotations

import pytest

from index.loaders.cover import is_organisation, issuer


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (
            "SAN JOSE, Calif., July 26, 2023 /PRNewswire/ -- eBay Inc. (Nasdaq: EBAY), a leader, today said",
            "eBay Inc.",
        ),
        ("CHICAGO, IL - McDonald's Corporation today announced results", "McDonald's Corporation"),
        (
            "BETHESDA, Md. – Lockheed Martin Corporation [NYSE: LMT] today reported",
            "Lockheed Martin Corporation",
        ),
        (
            "ISSAQUAH (GLOBE NEWSWIRE) -- Costco Corp. (“Costco” or the “Company”) (Nasdaq: COST) said",
            "Costco Corp.",
        ),
        (
            "SAN FRANCISCO, Calif. - August 30, 2023 - Salesforce (NYSE: CRM), today announced results",
            "Salesforce",
        ),
        ("OAKLAND — PG&E Corporation (NYSE: PCG) recorded income", "PG&E Corporation"),
        ("Minneapolis, MN; July 25, 2023 – 3M (NYSE: MMM) today reported results", "3M"),
        ("ARMONK, N.Y., July 19, 2023 . . . IBM (NYSE: IBM) today announced results", "IBM"),
        (
            "NEW YORK, N.Y. - Verizon Communications Inc. (NYSE, Nasdaq: VZ) said",
            "Verizon Communications Inc.",
        ),
        ("Best Buy Co., Inc. (NYSE: BBY) today announced results", "Best Buy Co., Inc."),
        ("GENEVA – Switzerland today announced new rules.", None),
        ("NEW YORK (Reuters) – Apple Inc. today reported results.", None),
        ("The pin - Gate Corporation made it - had rusted through.", None),
        ("Apple Inc. today reported results.", None),
    ],
)
def test_a_release_is_issued_by_the_company_that_announces(start: str, name: str | None) -> None:
    assert issuer([], [start], [], None) == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("© 2010 European Investment Bank", "European Investment Bank"),
        ("Copyright © 2011 Isken Press Ltd. All rights reserved.", "Isken Press Ltd."),
        ("© European Union, 2010", "European Union"),
        ("Published by the Ministry of Health", "Ministry of Health"),
        ("Publisher: Office for National Statistics", "Office for National Statistics"),
        ("© 2010 Ada Varro", None),
        ("Published by hand", None),
    ],
)
def test_an_imprint_names_the_publisher(line: str, name: str | None) -> None:
    assert issuer([line], [], [], None) == name


@pytest.mark.parametrize(
    ("top", "name"),
    [
        (["European Commission", "May 2010"], "European Commission"),
        (["Prepared for", "European Commission"], None),
        (["Bank of England", "Ministry of Health"], None),
        (["Age Group"], None),
        (["Ministry of Health, Tessaveld"], None),
        (["A Report of the Commission"], None),
    ],
)
def test_a_letterhead_is_the_only_organisation_above_the_text(top: list[str], name: str | None) -> None:
    assert issuer(top, [], top, None) == name


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("Commission of Inquiry into the Maravel Dam", True),
        ("Lorvenna School Inspectorate", True),
        ("Netflix, Inc.", True),
        ("Ada Varro", False),
        ("Commission", False),
        ("Report of the Commission", False),
        ("commission of inquiry", False),
    ],
)
def test_an_organisation_is_told_by_its_name(name: str, is_one: bool) -> None:
    assert is_organisation(name) is is_one
