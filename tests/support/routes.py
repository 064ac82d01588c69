"""Make servers quickly: Gradio makes the routes of a page four times, and throws three of the four away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from gradio import Blocks
from gradio.routes import App


@contextmanager
def made_once() -> Iterator[None]:
    """Let Gradio make the routes of a page only when the page is mounted, by the same call as for users."""
    make_app = App.create_app

    def app(blocks: Blocks, *, parent_app: FastAPI | None = None, **options: Any) -> App:  # noqa: ANN401
        return make_app(blocks, parent_app=parent_app, **options) if parent_app else App()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "create_app", staticmethod(app))
        yield
