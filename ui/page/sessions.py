"""The state of an open page on the server: its conversation, and the tasks that wait for their turn."""

from __future__ import annotations

import json
import uuid
from asyncio import CancelledError
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

from anyio import Event
from starlette.types import Scope

from index.library import Library
from rag.conversations import AnswerStore, Judgement, Kept, answers_until, conversation, judgements
from rag.engine import QueryEngine
from rag.errors import AnswerNotFoundError, DamagedAnswerError
from ui.page.conversation import ChatMessage, Exchange, ShownConversation
from ui.page.head import Locale
from ui.page.markup.answer import answer_markup, failure_markup
from ui.page.markup.tables import escape, string_markup
from ui.page.partial_answer import PartialAnswer


@dataclass(eq=False, slots=True)
class Task:
    """``question`` is None if it opens a conversation; ``started``: it no longer waits, or was dropped."""

    question: str
    scope: str = ""
    started: Event = field(default_factory=Event)


@dataclass(eq=False, slots=True)
class Session:
    """Used only in the event loop. ``conversation`` is None before the first question and after a restart."""

    conversation: ShownConversation | None = None
    _current: Task | None = field(default=None, init=False)
    _waiting: list[Task] = field(default_factory=list, init=False)
    _returned: list[str] = field(default_factory=list, init=False)

    @property
    def messages(self) -> list[ChatMessage]:
        return self.conversation.messages if self.conversation else []

    def has_pending(self, question: str, scope: str = "") -> bool:
        """Return whether a task with this question already runs or waits, as after a second Enter."""
        expected = [*([self._current] if self._current else []), *self._waiting]
        return (question.strip(), scope) in [(task.question.strip(), task.scope) for task in expected]

    def is_current(self, task: Task) -> bool:
        """Return whether ``task`` has the turn: it was not cancelled, and no other task has replaced it."""
        return task is self._current

    @contextmanager
    def queue(self, question: str, scope: str = "") -> Iterator[Task]:
        """The caller awaits ``task.started``; :meth:`is_current` then tells whether it was dropped."""
        task = Task(question, scope)
        self._waiting.append(task)
        self._start_next()
        with self._turn(task):
            yield task

    @contextmanager
    def take_turn(self, question: str = "", scope: str = "") -> Iterator[Task]:
        """Replace the current task at once. The waiting ones get their turns when the context ends."""
        task = self._current = Task(question, scope)
        with self._turn(task):
            yield task

    def cancel(self) -> None:
        self.drop_tasks()
        if self.conversation is not None:
            self.conversation.stop()

    def drop_tasks(self) -> None:
        waiting, self._waiting, self._current = self._waiting, [], None
        self._returned += [task.question for task in waiting]
        for task in waiting:
            task.started.set()

    def take_back(self) -> list[str]:
        questions, self._returned = self._returned, []
        return questions

    @contextmanager
    def _turn(self, task: Task) -> Iterator[None]:
        """If ``task`` is cancelled while it runs, the waiting tasks are dropped."""
        try:
            yield
        except (CancelledError, GeneratorExit):
            # The task was stopped, or its page was closed, so the waiting tasks end as well.
            if self.is_current(task):
                self.drop_tasks()
            elif task in self._waiting:
                self._returned.append(task.question)
            raise
        finally:
            if task in self._waiting:
                self._waiting.remove(task)
            if self.is_current(task):
                self._current = None
                self._start_next()

    def _start_next(self) -> None:
        if self._current is None and self._waiting:
            self._current = self._waiting.pop(0)
            self._current.started.set()


HEARTBEAT = "/gradio_api/heartbeat/"

_NAME = "session_hash"


def own_hash(scope: Scope, session_hash: str) -> str:
    """Return the id that Gradio gets in place of a page's id; while sign-in is off, the page's id itself."""
    engine: QueryEngine = scope["state"]["engine"]
    viewer = engine.index.catalog.viewer
    if viewer is None:
        return session_hash
    # A JSON string may have half of a surrogate pair, which UTF-8 does not allow.
    return sha256(f"{viewer.key}\0{session_hash}".encode(errors="surrogatepass")).hexdigest()[:32]


def with_own_hash(scope: Scope) -> Scope:
    """The page's id may be in the path and in the query."""
    path: str = scope["path"]
    own = dict(scope)
    if path.startswith(HEARTBEAT):
        own["path"] = HEARTBEAT + own_hash(scope, path.removeprefix(HEARTBEAT))
        own["raw_path"] = own["path"].encode()
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if any(name == _NAME for name, _ in query):
        changed = [(name, own_hash(scope, value) if name == _NAME else value) for name, value in query]
        own["query_string"] = urlencode(changed).encode()
    return own


def body_with_own_hash(scope: Scope, body: bytes) -> bytes:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(fields, dict) or not isinstance(fields.get(_NAME), str):
        return body
    return json.dumps({**fields, _NAME: own_hash(scope, fields[_NAME])}).encode()


def restore(
    index: Library, locale: Locale, conversation_id: str | None = None, answer_id: str | None = None
) -> ShownConversation:
    """An answer's id restores the part up to it; an unknown id makes a new conversation with a notice."""
    if answer_id is not None:
        return _until(index, answer_id, locale)
    if conversation_id is None:
        return ShownConversation(locale=locale)
    answers = conversation(index.catalog, conversation_id)
    if not answers:
        gone = locale.text("restored.noConversation", id=conversation_id)
        return ShownConversation(notice=failure_markup(gone), locale=locale)
    exchanges = _exchanges(answers, _judgements(index, answers), locale)
    return ShownConversation(_id_of(index, conversation_id), exchanges, locale=locale)


def _until(index: Library, answer_id: str, locale: Locale) -> ShownConversation:
    try:
        before, last = answers_until(index.catalog, answer_id)
    except (AnswerNotFoundError, DamagedAnswerError) as error:
        key = "restored.damaged" if isinstance(error, DamagedAnswerError) else "restored.noAnswer"
        return ShownConversation(notice=failure_markup(locale.text(key, id=answer_id)), locale=locale)
    shown, own = [*before, last], last.conversation_id
    whole = conversation(index.catalog, own) if own is not None else []
    by_answer = _judgements(index, [*shown, *whole])
    ids = [answer.answer_id for answer in whole]
    exchanges = _exchanges(shown, by_answer, locale)
    if own is None or answer_id not in ids:
        # This answer was replaced in its own conversation, so a new question starts a new conversation.
        replaced = f'<p class="fn-notice">{string_markup(locale, "restored.replaced")}</p>'
        return ShownConversation(
            exchanges=exchanges, notice=replaced if own is not None else "", locale=locale
        )
    rest = _exchanges(whole[ids.index(answer_id) + 1 :], by_answer, locale)
    notice = ""
    if rest:
        words = string_markup(locale, "restored.whole")
        link = f'<a class="fn-whole" href="?conversation={escape(own)}">{words}</a>'
        notice = f'<p class="fn-notice">{string_markup(locale, "restored.goesOn", len(rest))} {link}</p>'
    return ShownConversation(_id_of(index, own), exchanges, notice, rest, locale)


def _id_of(index: Library, conversation_id: str) -> str:
    """A new one if the stored conversation belongs to another user."""
    return conversation_id if AnswerStore(index.catalog).owns(conversation_id) else uuid.uuid4().hex


def _judgements(index: Library, answers: Iterable[Kept]) -> Mapping[str, Judgement]:
    return judgements(index.catalog, {answer.answer_id for answer in answers})


def _exchanges(answers: Iterable[Kept], by_answer: Mapping[str, Judgement], locale: Locale) -> list[Exchange]:
    return [_exchange(answer, by_answer.get(answer.answer_id), locale) for answer in answers]


def _exchange(answer: Kept, judgement: Judgement | None, locale: Locale) -> Exchange:
    if isinstance(answer, DamagedAnswerError):
        # The question is lost with the text.
        damaged = failure_markup(locale.text("restored.damaged", id=answer.answer_id))
        return Exchange("…", damaged, is_stopped_or_failed=True)
    return Exchange(
        answer.question,
        answer_markup(answer, locale, judgement),
        PartialAnswer(answer.searched, answer.standalone, answer.searched_for, answer=answer),
    )
