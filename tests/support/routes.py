"""Make the routes of a page once: Gradio makes them four times, and throws three of the four away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from gradio import Blocks
from gradio.routes import App


@contextmanager
def made_once() -> Iterator[None]:
    """Give a page no routes before it is mounted; the mounted app is Gradio's own, as for users.

    Gradio makes an app when a page is begun, finished and given a queue, and another one when it is mounted.
    """
    make = App.create_app

    def made(blocks: Blocks, *, parent_app: FastAPI | None = None, **options: object) -> App:
        return make(blocks, parent_app=parent_app, **options) if parent_app else App()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "create_app", staticmethod(made))
        yield
