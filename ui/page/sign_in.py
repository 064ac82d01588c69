"""The routes of the sign-in page, which works without scripts."""

from __future__ import annotations

import math
import re
import secrets
from html import escape
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ui.accounts import IDLE_SECONDS, SignIn, TooManyAttemptsError
from ui.http.access.check import client_address, set_session_cookie
from ui.http.access.identity import session_cookie
from ui.operations import note
from ui.page.head import DARK_SCRIPT, SIGN_IN_STYLES, style_links
from ui.page.locales import Locale, locale_for

_MAX_FIELDS = 10

_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
"""A path of this server. Browsers take a backslash for a slash, and leave out tabs and line breaks."""

_NO_STORE = {"Cache-Control": "no-store"}

_KEEP_FRAGMENT = """
document.forms[0].next.value += location.hash;
"""
"""Browsers keep the fragment of an address to themselves; on the page, it names a citation."""

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<!-- With the policy of the other pages, browsers would not name the origin of this form. -->
<meta name="referrer" content="same-origin">
<title>{title} · {product}</title>
<link rel="icon" href="data:,">
{styles}
<script>{script}</script>
</head>
<body>
<main>
<h1>{product}</h1>
<form method="post" action="/sign-in" aria-labelledby="title">
<h2 id="title">{title}</h2>
{said}
<input type="hidden" name="token" value="{token}">
<input type="hidden" name="next" value="{next}">
<label>{name}<input name="name" value="{entered}" autocomplete="username" autocapitalize="none"
  spellcheck="false" maxlength="64" required{focus_name}></label>
<label>{password}<input name="password" type="password" autocomplete="current-password" maxlength="1000"
  required{focus_password}></label>
<button>{submit}</button>
</form>
<p>{help}</p>
</main>
<script>{keep_fragment}</script>
</body>
</html>
"""


def local_path(place: str) -> str:
    """``place`` if it is a path of this server with an optional query and fragment, and ``/`` otherwise."""
    is_form = place.partition("?")[0] in {"/sign-in", "/sign-out"}
    return place if _LOCAL_PATH.fullmatch(place) and not is_form else "/"


def sign_in_router(sign_in: SignIn) -> APIRouter:
    """The routes ``/sign-in`` and ``/sign-out``."""
    router = APIRouter(include_in_schema=False)
    # Checking a password takes a core and 64 MB. Attempts wait here, and take no thread from other requests.
    one_at_a_time = CapacityLimiter(1)
    sessions = sign_in.accounts.sessions
    cookie_name = session_cookie(sign_in)
    form_cookie = cookie_name.replace("session", "form")

    def shown(
        request: Request, place: str, said: str = "", *, entered: str = "", status: int = 200
    ) -> Response:
        language = _language(request)
        browser = request.cookies.get(form_cookie) or secrets.token_urlsafe(32)
        page = _page(language, sessions.form_token(browser), place, said, entered, is_error=status != 200)
        response = HTMLResponse(page, status, _NO_STORE)
        secure = request.scope["scheme"] == "https"
        response.set_cookie(
            form_cookie, browser, path="/sign-in", secure=secure, httponly=True, samesite="lax"
        )
        return response

    @router.get("/sign-in")
    async def show(
        request: Request,
        next: Annotated[str, Query()] = "/",  # noqa: A002 (the name of the parameter in the address)
        why: Annotated[str, Query()] = "",
    ) -> Response:
        language = _language(request)
        said = {"ended": language.text("signIn.ended"), "out": language.text("signIn.out")}.get(why, "")
        return shown(request, local_path(next), said)

    @router.post("/sign-in")
    async def enter(request: Request) -> Response:
        language, form = _language(request), await _form(request)
        name, place = _field(form, "name"), local_path(_field(form, "next"))
        browser = request.cookies.get(form_cookie, "")
        if not browser or not sessions.is_of_form(_field(form, "token"), browser):
            return shown(request, place, language.text("signIn.old"), entered=name, status=403)
        address = client_address(request.scope)
        try:
            cookie = await to_thread.run_sync(
                sign_in.start_session, name, _field(form, "password"), address, limiter=one_at_a_time
            )
        except TooManyAttemptsError as error:
            minutes = math.ceil(error.seconds / 60)
            said = language.text("signIn.wait", count=minutes)
            response = shown(request, place, said, entered=name, status=429)
            response.headers["Retry-After"] = str(error.seconds)
            return response
        if cookie is None:
            await to_thread.run_sync(_note_user, sign_in, name)
            return shown(request, place, language.text("signIn.wrong"), entered=name, status=403)
        note(who=name)
        await to_thread.run_sync(sessions.end, request.cookies.get(cookie_name, ""))
        response = RedirectResponse(place, 303, _NO_STORE)
        set_session_cookie(response, request.scope, cookie_name, cookie, IDLE_SECONDS)
        response.delete_cookie(form_cookie, path="/sign-in")
        return response

    @router.post("/sign-out")
    async def leave(request: Request) -> Response:
        cookie, form = request.cookies.get(cookie_name, ""), await _form(request)
        session = await to_thread.run_sync(sessions.find, cookie)
        if session is not None:
            if not sessions.is_of_form(_field(form, "token"), session.session_id):
                raise HTTPException(403, "The form is not one of this session; load the page again.")
            note(who=session.identity.name or "")
            await to_thread.run_sync(sessions.end, cookie)
        response = RedirectResponse("/sign-in?why=out", 303, _NO_STORE)
        response.delete_cookie(cookie_name, path="/")
        return response

    return router


def _note_user(sign_in: SignIn, name: str) -> None:
    """Let the audit log name a user who was refused. An unknown name may be a password in a wrong field."""
    if sign_in.accounts.users.has(name):
        note(who=name)


def _language(request: Request) -> Locale:
    return locale_for(request.headers.get("accept-language"))


async def _form(request: Request) -> FormData:
    """The fields of a form; a file or too many fields are refused with 400."""
    return await request.form(max_files=0, max_fields=_MAX_FIELDS)


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _page(language: Locale, token: str, place: str, said: str, entered: str, *, is_error: bool) -> str:
    kind = "alert" if is_error else "status"
    fields = {
        "language": language.language,
        "title": language.text("signIn.title"),
        "product": language.text("product"),
        "name": language.text("signIn.name"),
        "password": language.text("signIn.password"),
        "submit": language.text("signIn.submit"),
        "help": language.text("signIn.help"),
        "token": token,
        "next": place,
        "entered": entered,
        "focus_name": "" if entered else " autofocus",
        "focus_password": " autofocus" if entered else "",
    }
    return _PAGE.format(
        **{key: escape(value) for key, value in fields.items()},
        said=f'<p class="fn-said" role="{kind}">{escape(said)}</p>' if said else "",
        styles=style_links(SIGN_IN_STYLES),
        script=DARK_SCRIPT,
        keep_fragment=_KEEP_FRAGMENT,
    )
