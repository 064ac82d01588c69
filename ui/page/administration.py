"""The administrator's page: the server sends its frame, which scripts fill from ``/v1``."""

from __future__ import annotations

from html import escape

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response

from ui.http.router import Router
from ui.page.head import (
    ADMINISTRATION_MODULES,
    ADMINISTRATION_STYLES,
    ASSETS_ROUTE,
    CONSTANTS_ELEMENT,
    DARK_SCRIPT,
    locale_for,
    module_links,
    style_links,
)

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} · {product}</title>
<link rel="icon" href="data:,">
{styles}
<script>{script}</script>
{head}
</head>
<body id="fn-administration">
<header>
<p><a href="/">{product}</a></p>
<h1>{title}</h1>
</header>
<main>{main}</main>
</body>
</html>
"""

_SCRIPTS = f"""{CONSTANTS_ELEMENT}
{module_links(ADMINISTRATION_MODULES)}
<script type="module" src="{ASSETS_ROUTE}/administration/page.js"></script>"""


def administration_router() -> Router:
    router = Router(include_in_schema=False)

    @router.get("/administration")
    async def show(request: Request) -> Response:
        return _page(request, head=_SCRIPTS)

    return router


def refusal_page(request: HTTPConnection) -> Response:
    message = escape(locale_for(request.headers.get("accept-language")).text("admin.refusal"))
    return _page(request, main=f'<p class="fn-warning" role="alert">{message}</p>', status=403)


def _page(request: HTTPConnection, *, head: str = "", main: str = "", status: int = 200) -> Response:
    language = locale_for(request.headers.get("accept-language"))
    page = _PAGE.format(
        language=language.language,
        title=escape(language.text("admin.title")),
        product=escape(language.text("product")),
        styles=style_links(ADMINISTRATION_STYLES),
        script=DARK_SCRIPT,
        head=head,
        main=main,
    )
    return HTMLResponse(page, status, {"Cache-Control": "no-store"})
