"""The chat: a question in, and the footnoted answer as it arrives."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.concurrency import iterate_in_threadpool

from rag.answering import QueryEngine
from rag.answers import Answer, Citation
from rag.events import AnswerDone, CitationMade, PassagesFound, QuestionRewritten, Token
from rag.history import Conversation, of_answers
from rag.questions import QuestionError
from ui.excerpts import excerpt
from ui.locales import gradio_words
from ui.render import answer_markup, failure_markup, question_markup, streamed_markup, waiting_markup

if TYPE_CHECKING:
    import gradio as gr

TITLE = "Footnoted"
FAILURE = "The server failed at this question; its log has the cause. Try again, or ask in other words."

REMEMBERED_ANSWERS = 100
"""Of a conversation: as far back, its footnotes keep their numbers."""

Turn = dict[str, str]
"""A message of the conversation as Gradio's chatbot takes it: ``role`` and ``content``."""


@dataclass(slots=True)
class Asked:
    """A conversation: its questions with their markup, and the answers that a follow-up may refer to.

    Attributes:
        id: what its answers are kept under.
        turns: what is shown.
        answers: the last of its answers, the oldest first.
    """

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    turns: list[Turn] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    @property
    def conversation(self) -> Conversation:
        """What a question follows."""
        return of_answers(self.id, self.answers)


async def answer_as_it_arrives(engine: QueryEngine, question: str, asked: Asked) -> AsyncIterator[str]:
    """The markup of an answer at each step, the last being the whole; it is added to the conversation.

    The engine works in threads, so that one question does not hold up another.

    Raises:
        QuestionError: if the question is empty or too long.
    """
    text, standalone = "", None
    citations: list[Citation] = []
    events = engine.stream(question, conversation=asked.conversation)
    yield waiting_markup()
    async for event in iterate_in_threadpool(events):
        match event:
            case QuestionRewritten(rewritten):
                standalone = rewritten
                yield waiting_markup(standalone=standalone)
            case PassagesFound(passages):
                yield waiting_markup(len(passages), standalone)
            case Token(more):
                text += more
                yield streamed_markup(text, citations, standalone)
            case CitationMade(citation):
                citations.append(citation)
                yield streamed_markup(text, citations, standalone)
            case AnswerDone(answer):
                asked.answers = [*asked.answers, answer][-REMEMBERED_ANSWERS:]
                yield answer_markup(answer)


def labels() -> gr.I18n:
    """What Gradio's components are labelled with, in each language of the interface."""
    import gradio as gr

    return gr.I18n(**gradio_words("chat."))


def build_chat(engine: QueryEngine, examples: Sequence[str]) -> gr.Blocks:
    """The page's conversation, its examples and its input; the source panel is the script's.

    The conversation is kept in the session on the server and only shown by the browser, which therefore
    sends nothing but the question.
    """
    import gradio as gr

    async def ask(question: str, asked: Asked) -> AsyncIterator[tuple[Any, Any, Any]]:
        unchanged = gr.skip()
        if not question.strip():
            yield unchanged, unchanged, unchanged
            return
        # The input is emptied once: while the answer arrives, the next question may be typed already.
        entry: Any = ""
        before = asked.turns
        try:
            async for markup in answer_as_it_arrives(engine, question, asked):
                asked.turns = [*before, *_exchange(question, markup)]
                yield entry, asked, asked.turns
                entry = unchanged
        except QuestionError as error:
            asked.turns = [*before, *_exchange(excerpt(question), failure_markup(str(error)))]
            # The question goes back into the input, where it can be mended.
            yield question, asked, asked.turns

    words = labels()
    page: gr.Blocks
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, fill_height=True) as page:
        asked = gr.State(_nothing_asked)
        gr.Markdown(words("chat.banner"), elem_id="fn-banner")
        conversation = gr.Chatbot(
            show_label=False,
            container=False,
            elem_id="fn-conversation",
            layout="panel",
            height=None,
            autoscroll=False,
            buttons=[],
            feedback_options=None,
            latex_delimiters=[],
        )
        question = gr.Textbox(
            label=words("chat.question"),
            placeholder=words("chat.placeholder"),
            submit_btn=str(words("chat.ask")),
            lines=1,
            max_lines=6,
            autofocus=True,
            elem_id="fn-question",
        )
        with gr.Column(elem_id="fn-examples"):
            gr.Markdown(words("chat.examples"), visible=bool(examples))
            offered = [gr.Button(example) for example in examples]
        start_over = gr.Button(words("chat.startOver"), elem_id="fn-new")

        # The answer's place says what is being done; Gradio's own progress would cover the input.
        shown = [question, asked, conversation]
        askings = [question.submit(ask, [question, asked], shown, show_progress="hidden")]
        askings += [button.click(ask, [button, asked], shown, show_progress="hidden") for button in offered]
        for asking in askings:
            asking.failure(_failed, asked, [asked, conversation])
        start_over.click(lambda: (Asked(), []), None, [asked, conversation])
    page.queue(default_concurrency_limit=50, max_size=200)
    return page


def _exchange(question: str, markup: str) -> list[Turn]:
    return [
        {"role": "user", "content": question_markup(question)},
        {"role": "assistant", "content": markup},
    ]


def _nothing_asked() -> Asked:
    """A new conversation. Gradio calls it for each page, and cannot describe a class in its place."""
    return Asked()


def _failed(asked: Asked) -> tuple[Asked, list[Turn]]:
    """The conversation with a sentence in the place of the answer that broke off."""
    asked.turns = [*asked.turns[:-1], {"role": "assistant", "content": failure_markup(FAILURE)}]
    return asked, asked.turns
