"""People who sign in to a server, and their browsers."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

PASSWORD = "the ferry leaves at noon"  # noqa: S105 (of the tests' users)


def make_hashes_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let argon2 take little memory and time, which is unsafe outside of tests."""
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr("ui.accounts.users.PasswordHash.recommended", lambda: hasher)


def form_fields(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def sign_in(
    client: httpx.Client, name: str, password: str = PASSWORD, place: str = "/", **changed: str
) -> httpx.Response:
    """Open the sign-in page and send its form, as a browser does; ``changed`` replaces fields."""
    page = client.get("/sign-in", params={"next": place})
    fields = {**form_fields(page.text), "name": name, "password": password, **changed}
    return client.post("/sign-in", data=fields, follow_redirects=False)
