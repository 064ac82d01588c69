"""The sign-in page, which works without scripts: by name and password, with a provider, or both."""

from __future__ import annotations

import logging
import math
import re
import secrets
from functools import partial
from html import escape
from typing import Annotated
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from fastapi import Query
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ui.accounts import IDLE_SECONDS, KNOWN_SECONDS, PENDING_SECONDS, Pending, SignIn
from ui.errors import AccountError, NotAdmittedError
from ui.http.access import client_address, session_cookie, set_session_cookie
from ui.http.openid import Provider, ProviderDownError, ProviderError, ProviderResponseError, UnverifiedError
from ui.http.router import Router
from ui.operations import log_event, note
from ui.page.head import DARK_SCRIPT, SIGN_IN_STYLES, Locale, locale_for, style_links
from ui.rate_limits import TooManyAttemptsError
from ui.settings import ProviderChoice

PROVIDER_ROUTE = "/sign-in/openid"

NO_STORE = {"Cache-Control": "no-store"}

# A path of this server. Browsers take a backslash for a slash, and leave out tabs and line breaks.
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_OF_SIGN_IN = re.compile(r"/sign-(in|out)(?![^/?#])")

# Adds the address's fragment, which names a citation, to the form and the link: browsers do not send it.
_KEEP_FRAGMENT = """
for (const field of document.getElementsByName("next")) field.value += location.hash;
for (const link of document.querySelectorAll(".fn-provider")) link.href += encodeURIComponent(location.hash);
"""
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
<section aria-labelledby="title">
<h2 id="title">{title}</h2>
{message}
{ways}
</section>
<p>{help}</p>
</main>
<script>{keep_fragment}</script>
</body>
</html>
"""

_FORM = """<form method="post" action="/sign-in" aria-labelledby="title">
<input type="hidden" name="token" value="{token}">
<input type="hidden" name="next" value="{next}">
<label>{name}<input name="name" value="{entered}" autocomplete="username" autocapitalize="none"
  spellcheck="false" maxlength="64" required{focus_name}></label>
<label>{password}<input name="password" type="password" autocomplete="current-password" maxlength="1000"
  required{focus_password}></label>
<button>{submit}</button>
</form>"""


def local_path(place: str) -> str:
    """Return ``/`` for a place of another site, of sign-in or of sign-out."""
    return place if _LOCAL_PATH.fullmatch(place) and not _OF_SIGN_IN.match(place) else "/"


def language_of(request: Request) -> Locale:
    return locale_for(request.headers.get("accept-language"))


class SignInForm:
    """``cookie`` binds the form to a browser; ``known_cookie`` is for one where somebody has signed in."""

    def __init__(self, sign_in: SignIn, provider: ProviderChoice | None) -> None:
        self.session_cookie = session_cookie(sign_in)
        self.cookie = self.session_cookie.replace("session", "form")
        self.known_cookie = self.session_cookie.replace("session", "known")
        self.provider = provider
        self.takes_passwords = provider is None or provider.allows_passwords
        self._sessions = sign_in.accounts.sessions

    def page_response(
        self, request: Request, place: str, message: str = "", *, entered: str = "", status: int = 200
    ) -> Response:
        """``place`` is the path to go to; ``message`` is an error unless the status is 200."""
        language = language_of(request)
        browser = request.cookies.get(self.cookie) or secrets.token_urlsafe(32)
        kind = "status" if status == 200 else "alert"
        page = _PAGE.format(
            language=language.language,
            title=escape(language.text("signIn.title")),
            product=escape(language.text("product")),
            help=escape(language.text("signIn.help" if self.takes_passwords else "signIn.noAccount")),
            message=f'<p class="fn-said" role="{kind}">{escape(message)}</p>' if message else "",
            ways=self._ways(language, self._sessions.form_token(browser), place, entered),
            styles=style_links(SIGN_IN_STYLES),
            script=DARK_SCRIPT,
            keep_fragment=_KEEP_FRAGMENT,
        )
        response = HTMLResponse(page, status, NO_STORE)
        secure = request.scope["scheme"] == "https"
        response.set_cookie(
            self.cookie, browser, path="/sign-in", secure=secure, httponly=True, samesite="lax"
        )
        return response

    def wait_response(
        self, request: Request, place: str, error: TooManyAttemptsError, *, entered: str = ""
    ) -> Response:
        message = language_of(request).text("signIn.wait", count=math.ceil(error.seconds / 60))
        response = self.page_response(request, place, message, entered=entered, status=429)
        response.headers["Retry-After"] = str(error.seconds)
        return response

    def redirect_response(self, request: Request, place: str, session: str) -> Response:
        response = RedirectResponse(place, 303, NO_STORE)
        set_session_cookie(response, request.scope, self.session_cookie, session, IDLE_SECONDS)
        response.delete_cookie(self.cookie, path="/sign-in")
        return response

    def _ways(self, language: Locale, token: str, place: str, entered: str) -> str:
        ways = []
        if self.takes_passwords:
            fields = {
                "name": language.text("signIn.name"),
                "password": language.text("signIn.password"),
                "submit": language.text("signIn.submit"),
                "token": token,
                "next": place,
                "entered": entered,
                "focus_name": "" if entered else " autofocus",
                "focus_password": " autofocus" if entered else "",
            }
            ways.append(_FORM.format(**{key: escape(value) for key, value in fields.items()}))
        if self.provider is not None:
            words = escape(language.text("signIn.with", name=self.provider.name))
            address = escape(f"{PROVIDER_ROUTE}?next={quote(place, safe='')}")
            ways.append(f'<a class="fn-provider" href="{address}">{words}</a>')
        return f'\n<p class="fn-or">{escape(language.text("signIn.or"))}</p>\n'.join(ways)


def add_password_routes(router: Router, sign_in: SignIn, form: SignInForm) -> None:
    # Checking a password takes a core and 64 MB. Attempts that wait here take no thread from other requests.
    one_at_a_time = CapacityLimiter(1)
    sessions = sign_in.accounts.sessions

    @router.get("/sign-in")
    async def show(
        request: Request,
        next: Annotated[str, Query()] = "/",  # noqa: A002 (the name of the parameter in the address)
        why: Annotated[str, Query()] = "",
    ) -> Response:
        language = language_of(request)
        message = {"ended": language.text("signIn.ended"), "out": language.text("signIn.out")}.get(why, "")
        return form.page_response(request, local_path(next), message)

    @router.post("/sign-in")
    async def enter(request: Request) -> Response:
        language, sent = language_of(request), await _form(request)
        name, place = _field(sent, "name"), local_path(_field(sent, "next"))
        if form.provider is not None and not form.takes_passwords:
            return form.page_response(
                request, place, language.text("signIn.without", name=form.provider.name), status=403
            )
        browser = request.cookies.get(form.cookie, "")
        if not browser or not sessions.is_form_token_valid(_field(sent, "token"), browser):
            return form.page_response(request, place, language.text("signIn.old"), entered=name, status=403)
        address, known = client_address(request.scope), request.cookies.get(form.known_cookie, "")
        try:
            cookie = await to_thread.run_sync(
                sign_in.start_session, name, _field(sent, "password"), address, known, limiter=one_at_a_time
            )
        except TooManyAttemptsError as error:
            return form.wait_response(request, place, error, entered=name)
        if cookie is None:
            await to_thread.run_sync(_note_user, sign_in, name)
            return form.page_response(request, place, language.text("signIn.wrong"), entered=name, status=403)
        note(who=name)
        await to_thread.run_sync(sessions.end, request.cookies.get(form.session_cookie, ""))
        response = form.redirect_response(request, place, cookie)
        response.set_cookie(
            form.known_cookie,
            sessions.known_browser(name),
            max_age=KNOWN_SECONDS,
            path="/sign-in",
            secure=request.scope["scheme"] == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    @router.post("/sign-out")
    async def leave(request: Request) -> Response:
        cookie, sent = request.cookies.get(form.session_cookie, ""), await _form(request)
        session = await to_thread.run_sync(sessions.find, cookie)
        if session is not None:
            if not sessions.is_form_token_valid(_field(sent, "token"), session.session_id):
                raise HTTPException(403, "The form is not one of this session; load the page again.")
            note(who=session.identity.name or "")
            await to_thread.run_sync(sessions.end, cookie)
        response = RedirectResponse("/sign-in?why=out", 303, NO_STORE)
        response.delete_cookie(form.session_cookie, path="/")
        return response


def _note_user(sign_in: SignIn, name: str) -> None:
    """Note a refused name for the audit log, unless no user has it: it may be a mistyped password."""
    if sign_in.accounts.users.has(name):
        note(who=name)


async def _form(request: Request) -> FormData:
    """Return the fields of a form. A form with a file, or with too many fields, is refused with 400."""
    return await request.form(max_files=0, max_fields=10)


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


CALLBACK_ROUTE = f"{PROVIDER_ROUTE}/callback"

# The most sign-ins that a browser keeps at a time. Without a limit, another site could add many cookies.
MOST_PENDING = 8
_FAILURES: dict[type[ProviderError], tuple[int, str]] = {
    ProviderDownError: (503, "signIn.down"),
    ProviderResponseError: (502, "signIn.unusable"),
    UnverifiedError: (403, "signIn.unverified"),
}


def add_provider_routes(router: Router, sign_in: SignIn, form: SignInForm, provider: Provider | None) -> None:
    known = _ProviderSignIn(sign_in, form, provider) if provider else None

    def required() -> _ProviderSignIn:
        if known is None:
            raise HTTPException(404, "Nobody signs in to this server with a provider; sign in at /sign-in.")
        return known

    @router.get(PROVIDER_ROUTE)
    async def leave_for_provider(
        request: Request,
        next: Annotated[str, Query()] = "/",  # noqa: A002 (the name of the parameter in the address)
    ) -> Response:
        return await required().begin(request, local_path(next))

    @router.get(CALLBACK_ROUTE)
    async def come_back(
        request: Request,
        state: Annotated[str, Query()] = "",
        code: Annotated[str, Query()] = "",
        error: Annotated[str, Query()] = "",
        iss: Annotated[str, Query()] = "",
    ) -> Response:
        return await required().end(request, state, code, error, iss)


class _ProviderSignIn:
    def __init__(self, sign_in: SignIn, form: SignInForm, provider: Provider) -> None:
        self._sign_in = sign_in
        self._form = form
        self._provider = provider
        self._cookie = form.session_cookie.replace("session", "openid")

    async def begin(self, request: Request, place: str) -> Response:
        pending, cookie = self._sign_in.accounts.pending.begin(place)
        try:
            address = await self._provider.address(pending, _callback(request))
        except ProviderError as error:
            return self._failed(request, place, error)
        response = RedirectResponse(address, 303, NO_STORE)
        earlier = [name for name in request.cookies if name.startswith(self._cookie)]
        for name in earlier[: 1 - MOST_PENDING]:
            response.delete_cookie(name, path=PROVIDER_ROUTE)
        response.set_cookie(
            self._cookie_of(pending.state),
            cookie,
            max_age=PENDING_SECONDS,
            path=PROVIDER_ROUTE,
            secure=request.scope["scheme"] == "https",
            httponly=True,
            samesite="lax",
        )
        return response

    async def end(self, request: Request, state: str, code: str, failure: str, issuer: str) -> Response:
        """The texts are those that the browser brings from the provider; each may be empty."""
        name = self._cookie_of(state)
        pending = self._sign_in.accounts.pending.end(request.cookies.get(name, ""), state)
        if pending is None:
            return self._refused(request, "/", "signIn.late")
        if failure:
            response = self._refused(request, pending.place, "signIn.refused")
        else:
            response = await self._started(request, pending, code, issuer)
        response.delete_cookie(name, path=PROVIDER_ROUTE)
        return response

    def _cookie_of(self, state: str) -> str:
        """Return a cookie name of this ``state`` alone: two windows can sign in at the same time."""
        return f"{self._cookie}-{state[:16]}"

    async def _started(self, request: Request, pending: Pending, code: str, issuer: str) -> Response:
        address, sign_in = client_address(request.scope), self._sign_in
        try:
            await to_thread.run_sync(sign_in.check_address, address)
            person = await self._provider.person(pending, _callback(request), code, issuer)
            admits_all = self._provider.choice.admits_all
            start = partial(sign_in.start_provided_session, person, admits_all=admits_all)
            user, cookie = await to_thread.run_sync(start)
        except TooManyAttemptsError as error:
            return self._form.wait_response(request, pending.place, error)
        except ProviderError as error:
            if isinstance(error, UnverifiedError):
                await to_thread.run_sync(sign_in.note_failure, address)
            return self._failed(request, pending.place, error)
        except NotAdmittedError as error:
            await to_thread.run_sync(sign_in.note_failure, address)
            if error.user is not None:
                note(who=error.user)
            return self._refused(request, pending.place, "signIn.unknown")
        except AccountError:
            await to_thread.run_sync(sign_in.note_failure, address)
            return self._refused(request, pending.place, "signIn.nameless")
        note(who=user.name)
        former = request.cookies.get(self._form.session_cookie, "")
        await to_thread.run_sync(sign_in.accounts.sessions.end, former)
        return self._form.redirect_response(request, pending.place, cookie)

    def _failed(self, request: Request, place: str, error: ProviderError) -> Response:
        log_event("provider", logging.WARNING, cause=str(error))
        status, key = _FAILURES[type(error)]
        return self._refused(request, place, key, status)

    def _refused(self, request: Request, place: str, key: str, status: int = 403) -> Response:
        message = language_of(request).text(key, name=self._provider.choice.name)
        return self._form.page_response(request, place, message, status=status)


def _callback(request: Request) -> str:
    """Return the address to which the provider redirects; the server has checked its host name."""
    return f"{request.url.scheme}://{request.url.netloc}{CALLBACK_ROUTE}"


def sign_in_router(sign_in: SignIn, provider: Provider | None = None) -> Router:
    router = Router(include_in_schema=False)
    form = SignInForm(sign_in, provider.choice if provider else None)
    add_password_routes(router, sign_in, form)
    add_provider_routes(router, sign_in, form, provider)
    return router
