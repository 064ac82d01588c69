"""Each thread closes its own response once, and no other."""

from __future__ import annotations

from threading import Thread

import httpx

from rag.llm.providers import OpenResponses


class Response(httpx.Response):
    """A response that counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_thread_closes_its_own_response_once() -> None:
    responses, mine, its = OpenResponses(), Response(), Response()
    responses.note(mine)

    def note_and_close() -> None:
        responses.note(its)
        responses.close()

    other = Thread(target=note_and_close)
    other.start()
    other.join()
    assert (mine.closed, its.closed) == (0, 1)
    responses.close()
    responses.close()
    assert (mine.closed, its.closed) == (1, 1)


def test_a_thread_without_a_response_closes_nothing() -> None:
    OpenResponses().close()
