"""Run the command with parts that hang: ``python -m tests.support.stuck_server FIFO serve …``.

Nobody writes to ``FIFO``, from which feedback reads; syncs hang, and the engine after it has found passages.
With ``-``, nothing hangs, but the engine produces events without end.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from pathlib import Path
from threading import Event as ThreadEvent
from typing import Any

from rag.engine import QueryEngine
from rag.events import Event, PassagesFound, Token


def main() -> int:
    fifo = sys.argv[1]
    never = ThreadEvent()
    events_of = QueryEngine.stream

    def stream(engine: QueryEngine, *arguments: Any, **more: Any) -> Generator[Event]:  # noqa: ANN401 (as given)
        events = events_of(engine, *arguments, **more)
        for event in events:
            yield event
            if isinstance(event, PassagesFound):
                break
        while fifo == "-":
            time.sleep(0.1)
            yield Token(" Word.")
        never.wait()

    QueryEngine.stream = stream  # type: ignore[assignment]
    if fifo != "-":
        from index import workers
        from ui.http import questions as api

        api.feedback_response = lambda *_arguments: {"read": Path(fifo).read_text()}
        workers.sync = lambda *_arguments, **_more: never.wait()  # type: ignore[assignment, attr-defined]
    from ui.cli.app import main as command

    return command(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
