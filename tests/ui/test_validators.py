"""The servers of the tests have the validators of a user's server (``tests.support.routes``)."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi._compat.v2 import ModelField
from fastapi.routing import iter_route_contexts

from index.library import Library
from rag.engine import QueryEngine
from tests.support.routes import make_validator
from ui.app import create_app

_ADDRESS = re.compile(r"0x[0-9a-f]+|(?<=:)\d{9,}")
"""An address of this process, which differs between two classes of the same name."""


def validators(app: FastAPI) -> dict[tuple[str, str, str], str]:
    """The schema of each parameter, body and response, by path, methods and name."""
    found: dict[tuple[str, str, str], str] = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if dependant is None:
            continue
        fields: list[ModelField] = [
            *dependant.path_params,
            *dependant.query_params,
            *dependant.header_params,
            *dependant.body_params,
            *filter(None, (getattr(route, "body_field", None), getattr(route, "response_field", None))),
        ]
        for field in fields:
            schema = _ADDRESS.sub("", str(field._type_adapter.core_schema))
            found[str(route.path), str(sorted(route.methods or ())), field.name] = schema
    return found


def test_they_are_those_of_a_server_that_makes_each_of_them(
    index: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = QueryEngine(index, None)
    create_app(index, engine)
    made = validators(create_app(index, engine))
    monkeypatch.setattr(ModelField, "__post_init__", make_validator)
    assert len(made) > 50
    assert made == validators(create_app(index, engine))
