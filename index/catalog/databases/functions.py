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


class _Bytes(FunctionElement[bytes]):
    """The bytes of a text in UTF-8."""

    name = "bytes_of"
    type = sa.LargeBinary()
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


@compiles(_Bytes)
def _bytes(element: _Bytes, compiler: SQLCompiler, **more: object) -> str:
    return f"CAST({compiler.process(element.clauses, **more)} AS BLOB)"


@compiles(_Bytes, "postgresql")
def _bytes_in_postgresql(element: _Bytes, compiler: SQLCompiler, **more: object) -> str:
    return f"convert_to({compiler.process(element.clauses, **more)}, 'UTF8')"


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


def bytes_of(text: sa.ColumnElement[str]) -> sa.ColumnElement[bytes]:
    """Return the SQL expression for a text's bytes, which a query can read even if they are not UTF-8.

    A single damaged text in a SQLite file would otherwise fail the query of all texts.
    """
    return _Bytes(text)


def object_of(key: sa.ColumnElement[Any], value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the SQL expression that collects key-value pairs into a JSON object."""
    return _JsonObject(key, value)
