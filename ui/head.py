"""The head of the page: the styles and scripts of the desk around Gradio's conversation."""

from __future__ import annotations

from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
ASSETS_ROUTE = "/footnoted"

STYLES = (
    "palette",
    "type",
    "panes",
    "tabs",
    "drawers",
    "footnoted",
    "scope",
    "shortcuts",
    "menu",
    "toasts",
    "answer/conversation",
    "answer/checks",
    "answer/footnotes",
    "answer/card",
    "answer/actions",
    "library/library",
    "library/facets",
    "library/uploads",
    "history/history",
    "source/panel",
    "source/head",
    "source/reading",
    "source/tables",
    "source/find",
    "source/about",
    "print",
)
"""Under ``assets/``, in the order in which they are read: a later one may refine an earlier one."""

LABELS = "labels.js"
"""The one script that is no module: it runs before Gradio's."""

MODULES = sorted(path.relative_to(ASSETS).as_posix() for path in ASSETS.rglob("*.js") if path.name != LABELS)
"""All that ``desk.js`` imports, and itself: named in the head, so that they are fetched together."""

HEAD = f"""
<meta name="robots" content="noindex">
{"".join(f'<link rel="stylesheet" href="{ASSETS_ROUTE}/{name}.css">' for name in STYLES)}
{"".join(f'<link rel="modulepreload" href="{ASSETS_ROUTE}/{name}">' for name in MODULES)}
<link rel="preload" href="{ASSETS_ROUTE}/locales/en.json" as="fetch" crossorigin>
<script src="{ASSETS_ROUTE}/{LABELS}"></script>
<script type="module" src="{ASSETS_ROUTE}/desk.js"></script>
"""
