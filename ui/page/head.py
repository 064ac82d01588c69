"""The head of the page: the styles and scripts around Gradio's conversation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from html import escape
from pathlib import Path

from ui.page.constants import CONSTANTS


def _digest_of(folder: Path) -> str:
    """Return the digest of the names and contents of the files in a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


ASSETS = Path(__file__).parent / "assets"
ASSETS_ROUTE = f"/footnoted/{_digest_of(ASSETS)[:12]}"
"""The path of the assets, which changes with their contents: browsers cache files for ever, and must not mix
two versions."""

STYLES = ("theme", "gradio", "desk", "controls", "answer", "library", "source", "print")
"""The style sheets in ``assets/styles``, in cascade order: a later one may override an earlier one."""

SIGN_IN_STYLES = ("theme", "sign_in")
"""The style sheets of the sign-in page. Browsers get them without sign-in (:mod:`ui.http.access.table`)."""

ADMINISTRATION_STYLES = ("theme", "controls", "administration")
"""The style sheets of the administrator's page."""

DARK_SCRIPT = """
if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.className = "dark";
"""
"""Sets the dark colours of the pages that Gradio does not draw, before the browser shows them."""

LABELS = "labels.js"
"""The only script that is not a module: it must run before Gradio's scripts."""

_ALL_MODULES = sorted(
    path.relative_to(ASSETS).as_posix() for path in ASSETS.rglob("*.js") if path.name != LABELS
)

ADMINISTRATION_MODULES = [name for name in _ALL_MODULES if name.startswith("administration/")]
"""The modules of the administrator's page alone."""

MODULES = [name for name in _ALL_MODULES if name not in ADMINISTRATION_MODULES]
"""``main.js`` and every module that it imports. The head names all, so that the browser fetches them at once.
"""


def style_links(names: Iterable[str]) -> str:
    """Return the elements that load style sheets."""
    return "\n".join(f'<link rel="stylesheet" href="{ASSETS_ROUTE}/styles/{name}.css">' for name in names)


def module_links(names: Iterable[str]) -> str:
    """Return the elements that let the browser fetch modules early, before a script imports them."""
    return "\n".join(f'<link rel="modulepreload" href="{ASSETS_ROUTE}/{name}">' for name in names)


CONSTANTS_ELEMENT = f'<meta name="footnoted" content="{escape(json.dumps(CONSTANTS))}">'
"""The element from which ``assets/constants.js`` reads the constants."""

HEAD = f"""
<meta name="robots" content="noindex">
{CONSTANTS_ELEMENT}
{style_links(STYLES)}
{module_links(MODULES)}
<link rel="preload" href="{ASSETS_ROUTE}/locales/en.json" as="fetch" crossorigin>
<script src="{ASSETS_ROUTE}/{LABELS}"></script>
<script type="module" src="{ASSETS_ROUTE}/main.js"></script>
"""
