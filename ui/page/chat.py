"""The chat: a question in, and the footnoted answer as it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from rag.engine import QueryEngine
from ui.page.conversing import Conversing, Shown, fail, start_over
from ui.page.locales import Locale, gradio_words, locale_for
from ui.page.sessions import Session
from ui.page.turns import Turn

if TYPE_CHECKING:
    import gradio as gr

TITLE = "Footnoted"


def labels() -> gr.I18n:
    """What Gradio's components are labelled with, in each language of the interface."""
    import gradio as gr

    return gr.I18n(**gradio_words("chat."))


def build_chat(engine: QueryEngine, examples: Sequence[str]) -> gr.Blocks:
    """The page's conversation, its examples and its input; the source panel is the script's.

    The conversation is kept in the session on the server and only shown by the browser, which therefore
    sends nothing but the question, what narrows it, and commands (:mod:`ui.page.commands`).
    """
    import gradio as gr

    conversing = Conversing(engine, gr.skip())

    async def ask(
        question: str, scope: str, session: Session, shown: str, request: gr.Request
    ) -> AsyncIterator[Shown]:
        async for step in conversing.ask(question, scope, session, shown, _language(request)):
            yield step

    async def act(
        command: str, scope: str, session: Session, shown: str, request: gr.Request
    ) -> AsyncIterator[Shown]:
        async for step in conversing.act(command, scope, session, shown, _language(request)):
            yield step

    async def stopped(entered: str, session: Session) -> Shown:
        return conversing.stop(entered, session)

    async def opened(session: Session, request: gr.Request) -> tuple[Any, Any]:
        return await conversing.open(request.query_params, session, _language(request))

    # Gradio looks at the annotation itself, and cannot find a name that is imported late.
    for handler in (ask, act, opened):
        handler.__annotations__["request"] = gr.Request

    words = labels()
    page: gr.Blocks
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, fill_height=True) as page:
        # Each page has a copy from its first event on, so that even two questions at once share it.
        session = gr.State(Session())
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
            stop_btn=str(words("chat.stop")),
            lines=1,
            max_lines=6,
            autofocus=True,
            elem_id="fn-question",
        )
        scope = gr.Textbox(visible="hidden", elem_id="fn-scope")
        command = gr.Textbox(visible="hidden", elem_id="fn-request")
        shown = gr.Textbox(visible="hidden", elem_id="fn-shown")
        with gr.Column(elem_id="fn-examples"):
            gr.Markdown(words("chat.examples"), visible=bool(examples))
            offered = [gr.Button(example) for example in examples]
        begin = gr.Button(words("chat.startOver"), elem_id="fn-new")

        # The answer's place says what is being done; Gradio's own progress would cover the input.
        quietly: dict[str, Any] = {"outputs": [question, session, conversation], "show_progress": "hidden"}
        told = [scope, session, shown]
        # What is sent while an answer arrives waits on the server: here, its words would be read only then.
        askings: list[Any] = [question.submit(ask, [question, *told], trigger_mode="multiple", **quietly)]
        askings += [button.click(ask, [button, *told], **quietly) for button in offered]
        askings += [command.change(act, [command, *told], trigger_mode="multiple", **quietly)]
        settled = [session, conversation]
        for asking in askings:
            asking.failure(_in_loop(fail), session, settled)
        question.stop(stopped, [question, session], cancels=askings, **quietly)
        begin.click(_in_loop(start_over), session, settled, show_progress="hidden")
        page.load(opened, session, settled, show_progress="hidden")
    page.queue(default_concurrency_limit=50, max_size=200)
    return page


def _in_loop(
    change: Callable[[Session], tuple[Session, list[Turn]]],
) -> Callable[[Session], Awaitable[tuple[Session, list[Turn]]]]:
    """What changes a session, in the event loop as all that does: Gradio runs plain functions in threads."""

    async def changed(session: Session) -> tuple[Session, list[Turn]]:
        return change(session)

    return changed


def _language(request: gr.Request) -> Locale:
    return locale_for(request.headers.get("accept-language"))
