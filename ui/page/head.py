"""The head of the page: the styles and scripts of the desk around Gradio's conversation."""

from __future__ import annotations

import hashlib
from pathlib import Path


def _digest_of(folder: Path) -> str:
    """Names the files of a folder by their names and contents."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


ASSETS = Path(__file__).parent / "assets"
ASSETS_ROUTE = f"/footnoted/{_digest_of(ASSETS)[:12]}"
"""Another one for other files: a browser keeps them for good, and never mixes those of two versions."""

STYLES = ("theme", "gradio", "desk", "controls", "answer", "library", "source", "print")
"""The style sheets in ``assets/styles``, in cascade order: a later one may override an earlier one."""

LABELS = "labels.js"
"""The one script that is no module: it runs before Gradio's."""

MODULES = sorted(path.relative_to(ASSETS).as_posix() for path in ASSETS.rglob("*.js") if path.name != LABELS)
"""All that ``desk.js`` imports, and itself: named in the head, so that they are fetched together."""

HEAD = f"""
<meta name="robots" content="noindex">
{"".join(f'<link rel="stylesheet" href="{ASSETS_ROUTE}/styles/{name}.css">' for name in STYLES)}
{"".join(f'<link rel="modulepreload" href="{ASSETS_ROUTE}/{name}">' for name in MODULES)}
<link rel="preload" href="{ASSETS_ROUTE}/locales/en.json" as="fetch" crossorigin>
<script src="{ASSETS_ROUTE}/{LABELS}"></script>
<script type="module" src="{ASSETS_ROUTE}/desk.js"></script>
"""
