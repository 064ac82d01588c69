"""The chat: a question in, and the footnoted answer as it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from starlette.concurrency import iterate_in_threadpool

from rag.answering import QueryEngine
from rag.answers import AnswerDone, Citation, CitationMade, PassagesFound, Token
from rag.questions import QuestionError
from ui.render import answer_markup, excerpt, failure_markup, question_markup, streamed_markup, waiting_markup

if TYPE_CHECKING:
    import gradio as gr

TITLE = "Footnoted"
PURPOSE = "Answers from your library of reports, every sentence footnoted to the exact words it rests on."
FAILURE = "The server failed at this question; its log has the cause. Try again, or ask in other words."

Turn = dict[str, str]
"""A message of the conversation as Gradio's chatbot takes it: ``role`` and ``content``."""


async def answer_as_it_arrives(engine: QueryEngine, question: str) -> AsyncIterator[str]:
    """The markup of an answer at each step, the last being the whole.

    The engine works in threads, so that one question does not hold up another.

    Raises:
        QuestionError: if the question is empty or too long.
    """
    text = ""
    citations: list[Citation] = []
    events = engine.stream(question)
    yield waiting_markup()
    async for event in iterate_in_threadpool(events):
        match event:
            case PassagesFound(passages):
                yield waiting_markup(len(passages))
            case Token(more):
                text += more
                yield streamed_markup(text, citations)
            case CitationMade(citation):
                citations.append(citation)
                yield streamed_markup(text, citations)
            case AnswerDone(answer):
                yield answer_markup(answer)


def build_chat(engine: QueryEngine, examples: Sequence[str]) -> gr.Blocks:
    """The page's conversation, its examples and its input; the source panel is the script's.

    The conversation is kept in the session on the server and only shown by the browser, which therefore
    sends nothing but the question.
    """
    import gradio as gr

    async def ask(question: str, turns: list[Turn]) -> AsyncIterator[tuple[Any, Any, Any]]:
        unchanged = gr.skip()
        if not question.strip():
            yield unchanged, unchanged, unchanged
            return
        # The input is emptied once: while the answer arrives, the next question may be typed already.
        entry: Any = ""
        try:
            async for markup in answer_as_it_arrives(engine, question):
                shown = [*turns, *_exchange(question, markup)]
                yield entry, shown, shown
                entry = unchanged
        except QuestionError as error:
            shown = [*turns, *_exchange(excerpt(question), failure_markup(str(error)))]
            # The question goes back into the input, where it can be mended.
            yield question, shown, shown

    page: gr.Blocks
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, fill_height=True) as page:
        turns = gr.State([])
        gr.Markdown(f"# {TITLE}\n\n{PURPOSE}", elem_id="fn-banner")
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
            label="Your question",
            placeholder="What do you want to know?",
            submit_btn="Ask",
            lines=1,
            max_lines=6,
            autofocus=True,
            elem_id="fn-question",
        )
        with gr.Column(elem_id="fn-examples"):
            gr.Markdown("Questions to begin with", visible=bool(examples))
            offered = [gr.Button(example) for example in examples]
        start_over = gr.Button("Start over", elem_id="fn-new")

        # The answer's place says what is being done; Gradio's own progress would cover the input.
        shown = [question, turns, conversation]
        asked = [question.submit(ask, [question, turns], shown, show_progress="hidden")]
        asked += [button.click(ask, [button, turns], shown, show_progress="hidden") for button in offered]
        for asking in asked:
            asking.failure(_failed, turns, [turns, conversation])
        start_over.click(lambda: ([], []), None, [turns, conversation])
    page.queue(default_concurrency_limit=50, max_size=200)
    return page


def _exchange(question: str, markup: str) -> list[Turn]:
    return [
        {"role": "user", "content": question_markup(question)},
        {"role": "assistant", "content": markup},
    ]


def _failed(turns: list[Turn]) -> tuple[list[Turn], list[Turn]]:
    """The conversation with a sentence in the place of the answer that broke off."""
    turns = [*turns[:-1], {"role": "assistant", "content": failure_markup(FAILURE)}]
    return turns, turns
