"""The steps of a sign-in with a provider, as a browser takes them."""

from __future__ import annotations

from typing import cast
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
from starlette.testclient import TestClient

from tests.support.people import PASSWORD, sign_in

PAGE = {"Accept": "text/html"}


def to_provider(browser: TestClient, place: str = "/") -> str:
    """Follow the link of the sign-in page; returns the address of the provider."""
    left = browser.get("/sign-in/openid", params={"next": place}, headers=PAGE)
    assert left.status_code == 303, left.text
    return left.headers["location"]


def answer_of(address: str) -> str:
    """Sign in to the provider; returns the path and the query to which it leads the browser."""
    led = httpx2.get(address, trust_env=False, timeout=10)
    assert led.status_code == 302, led.text
    back = urlsplit(led.headers["location"])
    assert back.netloc == "127.0.0.1:7860"
    return f"{back.path}?{back.query}"


def come_back(browser: TestClient, place: str = "/") -> httpx2.Response:
    """The whole way: to the provider and back."""
    return browser.get(answer_of(to_provider(browser, place)), headers=PAGE)


def by_password(browser: TestClient, name: str, password: str = PASSWORD) -> httpx.Response:
    """Sign in with a name and a password."""
    return sign_in(cast("httpx.Client", browser), name, password)


def query_of(address: str) -> dict[str, str]:
    """The fields of an address' query."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def name_of(browser: TestClient) -> str | None:
    """The name of the user who is signed in; None if nobody is."""
    found = browser.get("/v1/identity", headers={"Accept": "application/json"})
    return found.json()["name"] if found.status_code == 200 else None


def said(response: httpx.Response | httpx2.Response) -> str:
    """The message of the sign-in page above the form."""
    return response.text.partition('<p class="fn-said" role="alert">')[2].partition("</p>")[0]
