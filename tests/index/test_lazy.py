"""A package whose public names are imported at their first use."""

from __future__ import annotations

import pytest

from index.lazy import attributes


def test_a_public_name_is_imported_from_its_module() -> None:
    get = attributes("index", {"pathlib": ["PurePosixPath"]})
    assert get("PurePosixPath")("a", "b").as_posix() == "a/b"


def test_another_name_is_unknown() -> None:
    with pytest.raises(AttributeError, match="module 'index' has no attribute 'Path'"):
        attributes("index", {"pathlib": ["PurePosixPath"]})("Path")


def test_a_public_name_differs_from_every_module() -> None:
    with pytest.raises(ValueError, match=r"index\.cells is a module and cannot be a public name too"):
        attributes("index", {"index.tabular": ["cells"], "index.cells": ["Cell"]})
