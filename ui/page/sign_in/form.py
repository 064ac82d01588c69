"""The sign-in page: its form for a name and a password, and its link to the provider."""

from __future__ import annotations

import math
import re
import secrets
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ui.accounts import IDLE_SECONDS, SignIn, TooManyAttemptsError
from ui.http.access.check import set_session_cookie
from ui.http.access.identity import session_cookie
from ui.openid_settings import ProviderChoice
from ui.page.head import DARK_SCRIPT, SIGN_IN_STYLES, style_links
from ui.page.locales import Locale, locale_for

PROVIDER_ROUTE = "/sign-in/openid"
"""The path that leads to the provider."""

NO_STORE = {"Cache-Control": "no-store"}

_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
"""A path of this server. Browsers take a backslash for a slash, and leave out tabs and line breaks."""

_OF_SIGN_IN = re.compile(r"/sign-(in|out)(?![^/?#])")
"""The start of a path to which no browser should go after signing in."""

_KEEP_FRAGMENT = """
for (const field of document.getElementsByName("next")) field.value += location.hash;
for (const link of document.querySelectorAll(".fn-provider")) link.href += encodeURIComponent(location.hash);
"""
"""Adds the address's fragment, which names a citation, to the form and the link: browsers do not send it."""

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

_LINK = '<a class="fn-provider" href="{address}">{words}</a>'


def local_path(place: str) -> str:
    """Return ``place`` if it is a path of this server, but not of sign-in or sign-out; otherwise ``/``.

    The path may have a query and a fragment.
    """
    return place if _LOCAL_PATH.fullmatch(place) and not _OF_SIGN_IN.match(place) else "/"


def language_of(request: Request) -> Locale:
    """Return the strings of the interface in the language that the browser of ``request`` prefers."""
    return locale_for(request.headers.get("accept-language"))


class SignInForm:
    """Makes the responses of the sign-in: its page, and the redirection after a sign-in.

    Attributes:
        cookie: the name of the cookie that binds the form to a browser.
        session_cookie: the name of the session's cookie.
        known_cookie: the name of the cookie of a browser in which somebody has signed in with a password.
        provider: the provider with which people sign in; None without a provider.
        takes_passwords: whether people sign in with a name and a password.
    """

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
        """Return the sign-in page.

        Args:
            request: the request.
            place: the path to which the browser goes after signing in.
            message: what the page says above the form.
            entered: the name that the form already contains.
            status: the HTTP status; unless it is 200, the page marks ``message`` as an error.
        """
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
        """Return the page for a person whose attempts have failed too often."""
        message = language_of(request).text("signIn.wait", count=math.ceil(error.seconds / 60))
        response = self.page_response(request, place, message, entered=entered, status=429)
        response.headers["Retry-After"] = str(error.seconds)
        return response

    def redirect_response(self, request: Request, place: str, session: str) -> Response:
        """Return the redirection to ``place`` after a sign-in. It sets ``session`` as the session cookie."""
        response = RedirectResponse(place, 303, NO_STORE)
        set_session_cookie(response, request.scope, self.session_cookie, session, IDLE_SECONDS)
        response.delete_cookie(self.cookie, path="/sign-in")
        return response

    def _ways(self, language: Locale, token: str, place: str, entered: str) -> str:
        """Return the markup of the ways to sign in: the form, the link to the provider, or both."""
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
            words = language.text("signIn.with", name=self.provider.name)
            address = f"{PROVIDER_ROUTE}?next={quote(place, safe='')}"
            ways.append(_LINK.format(address=escape(address), words=escape(words)))
        return f'\n<p class="fn-or">{escape(language.text("signIn.or"))}</p>\n'.join(ways)
