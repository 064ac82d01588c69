"""Draw every view of the page into ``docs/images/``: ``make screenshots``."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from index.embedding.encoder import open_encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from tests.browser.pages import installed_chromium, opened, serving
from tests.browser.views import SCHEMES, SIZES, VIEWS
from ui.settings import Settings

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
QUALITY = 82
"""The quality of WebP, from 0 to 100: at 82 letters stay sharp, and a view takes 20 to 60 kB."""


def main() -> None:
    """Serve ``seeds/`` from a temporary library and draw each view, wide and phone, light and dark."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as home,
        Library.open(Path(home), open_encoder()) as index,
        sync_playwright() as playwright,
    ):
        sync(index, [ROOT / "seeds"])
        browser = playwright.chromium.launch(executable_path=installed_chromium(), args=["--no-sandbox"])
        with serving(index, QueryEngine(index), Settings(home=index.home)) as url:
            for size, viewport in SIZES.items():
                for scheme in SCHEMES:
                    context: dict[str, Any] = {
                        "viewport": viewport,
                        "color_scheme": scheme,
                        "reduced_motion": "reduce",
                    }
                    for name, show in VIEWS.items():
                        with opened(browser, url, **context) as page:
                            show(page)
                            page.wait_for_timeout(300)
                            picture = page.screenshot()
                        target = IMAGES / f"{name}-{size}-{scheme}.webp"
                        Image.open(io.BytesIO(picture)).save(target, quality=QUALITY, method=6)
                        print(f"{target.relative_to(ROOT)}: {target.stat().st_size:,} bytes")
        browser.close()


if __name__ == "__main__":
    main()
