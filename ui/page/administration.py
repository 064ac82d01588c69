"""The administrator's page: users, tokens, collections, the language model, storage and the audit log.

The server sends its frame; scripts in ``assets/administration`` fill it through the routes under ``/v1``.
"""

from __future__ import annotations

import json
from html import escape

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ui.page.constants import CONSTANTS
from ui.page.head import ADMINISTRATION_MODULES, ADMINISTRATION_STYLES, ASSETS_ROUTE, DARK_SCRIPT
from ui.page.locales import locale_for

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="footnoted" content="{constants}">
<title>{title} · {product}</title>
<link rel="icon" href="data:,">
{styles}
{modules}
<script>{script}</script>
<script type="module" src="{assets}/administration/page.js"></script>
</head>
<body id="fn-administration">
<header>
<p><a href="./">{product}</a></p>
<h1>{title}</h1>
</header>
<main></main>
</body>
</html>
"""


def administration_router() -> APIRouter:
    """The route ``/administration``, which needs the scope ``admin``."""
    router = APIRouter(include_in_schema=False)

    @router.get("/administration")
    async def show(request: Request) -> Response:
        language = locale_for(request.headers.get("accept-language"))
        page = _PAGE.format(
            language=language.language,
            constants=escape(json.dumps(CONSTANTS)),
            title=escape(language.text("admin.title")),
            product=escape(language.text("product")),
            styles="\n".join(
                f'<link rel="stylesheet" href="{ASSETS_ROUTE}/styles/{name}.css">'
                for name in ADMINISTRATION_STYLES
            ),
            modules="\n".join(
                f'<link rel="modulepreload" href="{ASSETS_ROUTE}/{name}">' for name in ADMINISTRATION_MODULES
            ),
            script=DARK_SCRIPT,
            assets=ASSETS_ROUTE,
        )
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    return router
