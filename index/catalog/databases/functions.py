"""SQL functions whose names differ between SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _JsonValues(FunctionElement[Any]):
    """A table of the values of a JSON array; its column is ``value``."""

    name = "json_values"
    inherit_cache = True


class _JsonObject(FunctionElement[Any]):
    """An aggregate function that collects key-value pairs into a JSON object."""

    name = "json_object_of"
    inherit_cache = True


@compiles(_JsonValues)
def _json_values(element: _JsonValues, compiler: SQLCompiler, **more: object) -> str:
    return f"json_each({compiler.process(element.clauses, **more)})"


@compiles(_JsonValues, "postgresql")
def _json_values_in_postgresql(element: _JsonValues, compiler: SQLCompiler, **more: object) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **more)} AS JSON))"


@compiles(_JsonObject)
def _json_object(element: _JsonObject, compiler: SQLCompiler, **more: object) -> str:
    return f"json_group_object({compiler.process(element.clauses, **more)})"


@compiles(_JsonObject, "postgresql")
def _json_object_in_postgresql(element: _JsonObject, compiler: SQLCompiler, **more: object) -> str:
    # Without any pair, PostgreSQL would return NULL.
    return f"coalesce(json_object_agg({compiler.process(element.clauses, **more)}), '{{}}')"


def each_json(parameter: str | sa.BindParameter[str], kind: type[int] | type[str]) -> sa.Select[Any]:
    """Make a query that returns the values of a JSON array as rows, converted to ``kind``.

    The array is a single parameter of the query. A parameter for each value would be slow, and databases
    limit the number of parameters.
    """
    argument = sa.literal(parameter) if isinstance(parameter, str) else parameter
    value = _JsonValues(argument).table_valued("value").c.value
    return sa.select(sa.cast(value, sa.BigInteger) if kind is int else value)


def each_of(values: Sequence[int | str]) -> sa.Select[Any]:
    """Make a query that returns ``values``, either all numbers or all texts, as rows."""
    return each_json(json.dumps(values), int if values and isinstance(values[0], int) else str)


def object_of(key: sa.ColumnElement[Any], value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the SQL expression that collects key-value pairs into a JSON object."""
    return _JsonObject(key, value)
