"""A signal that arrives while a server starts is not lost, whatever swallows the interrupt."""

from __future__ import annotations

import signal
from contextlib import suppress

import pytest

from ui.cli.stopping import told_to_stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_swallowed_interrupt_is_still_known(number: signal.Signals) -> None:
    with told_to_stop() as told:
        assert not told.is_set()
        with suppress(KeyboardInterrupt):
            signal.raise_signal(number)
        assert told.is_set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_signals_interrupt_and_are_as_before_afterwards(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), told_to_stop():
        signal.raise_signal(number)
    assert signal.getsignal(number) == before
