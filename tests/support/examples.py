"""How many examples Hypothesis tries: a few in ``make test``, all in ``make test-all``."""

from __future__ import annotations

import os

FEW = 30
ALL = os.environ.get("FOOTNOTED_TEST_EXAMPLES") == "all"
"""Whether a test tries as many examples as it wants; ``make test-all`` sets the variable."""


def up_to(number: int) -> int:
    """Return the number of examples of a test that wants ``number`` of them."""
    return number if ALL else min(number, FEW)
