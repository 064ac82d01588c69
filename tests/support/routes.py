"""Make servers quickly: most of the time in which one is made, the same work is done again.

Gradio makes the routes of a page four times, and throws three of the four away. FastAPI makes a validator for
each parameter and each response of each route, twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi._compat.v2 import ModelField, asdict
from gradio import Blocks
from gradio.routes import App

make_validator = ModelField.__post_init__
"""Makes the validator of a field, as for users."""

_validators: dict[tuple[object, str], Any] = {}
"""The validators that were made, by the type and by all that they are made from."""


@contextmanager
def made_once() -> Iterator[None]:
    """Make the routes of a page when it is mounted, and equal validators once in the whole process.

    The server is the same as for users: its routes are made by the same calls, and validators have no state.
    """
    make_app = App.create_app

    def app(blocks: Blocks, *, parent_app: FastAPI | None = None, **options: Any) -> App:  # noqa: ANN401
        return make_app(blocks, parent_app=parent_app, **options) if parent_app else App()

    def validator(field: ModelField) -> None:
        # The fields of FastAPI leave their limits out of their own ``repr``.
        made_from = repr((asdict(field.field_info), field.config))
        if " at 0x" in made_from:  # An address may be used again, by another function.
            make_validator(field)
            return
        key = field.field_info.annotation, made_from
        if key not in _validators:
            make_validator(field)
            _validators[key] = field._type_adapter
        field._type_adapter = _validators[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "create_app", staticmethod(app))
        patch.setattr(ModelField, "__post_init__", validator)
        yield
