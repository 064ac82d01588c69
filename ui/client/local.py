"""A client that uses a library in this process and needs no server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Self

from index.records import NO_FILTERS, Filters
from rag.answers import Answer
from rag.conversations import Conversation, continue_conversation, stored_answer
from rag.engine import QueryEngine
from rag.events import ReadingBegun, StreamedEvent
from ui.client.calls import Turns
from ui.client.results import Document, DocumentText, SearchResponse, parse
from ui.search import Query, batch_response, search_response


class LocalClient:
    """Only reads. What a server would refuse raises errors of :mod:`rag.errors` or :mod:`index.errors`."""

    def __init__(self, engine: QueryEngine) -> None:
        """Make a client that asks ``engine``. The caller must close the engine's library."""
        self._engine = engine
        self._opened = ExitStack()

    @classmethod
    def open(cls, home: Path | None = None) -> Self:
        from ui.opening import open_engine, open_library
        from ui.settings import load_settings

        settings = load_settings(home=home)
        with ExitStack() as opened:
            index = opened.enter_context(open_library(settings))
            client = cls(opened.enter_context(open_engine(settings, index)))
            client._opened = opened.pop_all()
        return client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def close(self) -> None:
        self._opened.close()

    def search(self, query: str, limit: int = 10, filters: Filters = NO_FILTERS) -> SearchResponse:
        return parse(SearchResponse, search_response(self._engine.index, query, limit, filters))

    def search_many(
        self, queries: Sequence[str], limit: int = 10, filters: Filters = NO_FILTERS
    ) -> list[SearchResponse]:
        found = batch_response(self._engine.index, [Query(words, limit, filters) for words in queries])
        return parse(list[SearchResponse], found["searches"])

    def ask(
        self,
        question: str,
        filters: Filters = NO_FILTERS,
        *,
        conversation_id: str | None = None,
        history: Turns = (),
        exact: bool = False,
    ) -> Answer:
        return self._engine.ask(question, filters, self._before(conversation_id, history), exact=exact)

    def stream(
        self,
        question: str,
        filters: Filters = NO_FILTERS,
        *,
        conversation_id: str | None = None,
        history: Turns = (),
        exact: bool = False,
    ) -> Iterator[StreamedEvent]:
        before = self._before(conversation_id, history)
        for event in self._engine.stream(question, filters, before, exact=exact):
            if not isinstance(event, ReadingBegun):
                yield event

    def answer(self, answer_id: str) -> Answer:
        return stored_answer(self._engine.index.catalog, answer_id)

    def documents(self) -> Iterator[Document]:
        records = sorted(self._engine.index.catalog.documents(), key=lambda record: record.document_id)
        return (parse(Document, asdict(record)) for record in records)

    def text(
        self, document_id: int, version: int | None = None, start: int = 0, end: int | None = None
    ) -> DocumentText:
        with self._engine.index.catalog.reading() as reader:
            record = reader.document(document_id, version)
            document = reader.text(document_id, record.version)
        stop = min(len(document.text) if end is None else end, len(document.text))
        begin = min(start, stop)
        words = document.text[begin:stop]
        place = (begin, stop, len(document.text))
        return DocumentText(document_id, record.version, document.title, words, *place)

    def _before(self, conversation_id: str | None, history: Turns) -> Conversation:
        return continue_conversation(self._engine.index.catalog, conversation_id, history)
