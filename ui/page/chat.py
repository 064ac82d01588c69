"""The chat page in Gradio, which takes a question and shows the footnoted answer as it is produced."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ui.http.access import engine_of
from ui.page.conversation import ChatMessage
from ui.page.events import ChatEvents, Update, fail, start_over
from ui.page.head import Locale, gradio_words, locale_for
from ui.page.sessions import Session

if TYPE_CHECKING:
    import gradio as gr

TITLE = "Footnoted"


def labels() -> gr.I18n:
    import gradio as gr

    return gr.I18n(**gradio_words("chat."))


def build_chat() -> gr.Blocks:
    """The session keeps the conversation; the browser sends only a question, its filters and commands."""
    import gradio as gr

    async def ask(
        question: str, scope: str, session: Session, shown: str, request: gr.Request
    ) -> AsyncIterator[Update]:
        async for update in _events_of(request).ask(question, scope, session, shown, _language(request)):
            yield update

    async def act(
        command: str, scope: str, session: Session, shown: str, request: gr.Request
    ) -> AsyncIterator[Update]:
        async for update in _events_of(request).act(command, scope, session, shown, _language(request)):
            yield update

    async def stopped(entered: str, session: Session, request: gr.Request) -> Update:
        return _events_of(request).stop(entered, session)

    async def opened(session: Session, request: gr.Request) -> tuple[Any, Any]:
        return await _events_of(request).open(request.query_params, session, _language(request))

    # Gradio reads the annotations, and cannot resolve names that are imported late.
    for handler in (ask, act, stopped, opened):
        handler.__annotations__["request"] = gr.Request

    words = labels()
    page: gr.Blocks
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, fill_height=True) as page:
        # Gradio copies the session for each page at the first event, so all events of a page share one.
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
        begin = gr.Button(words("chat.startOver"), elem_id="fn-new")

        # The answer itself shows the progress, and Gradio's indicator would cover the input.
        quietly: dict[str, Any] = {"outputs": [question, session, conversation], "show_progress": "hidden"}
        state = [scope, session, shown]
        # Waiting questions are kept on the server: Gradio would read the input only after the earlier answer.
        answering: list[Any] = [question.submit(ask, [question, *state], trigger_mode="multiple", **quietly)]
        answering += [command.change(act, [command, *state], trigger_mode="multiple", **quietly)]
        result = [session, conversation]
        for event in answering:
            event.failure(_in_loop(fail), session, result)
        question.stop(stopped, [question, session], cancels=answering, **quietly)
        begin.click(_in_loop(start_over), session, result, show_progress="hidden")
        page.load(opened, session, result, show_progress="hidden")
    page.queue(default_concurrency_limit=50, max_size=200)
    return page


def _events_of(request: gr.Request) -> ChatEvents:
    import gradio as gr

    if request.request is None:
        raise TypeError("Gradio gave an event without its request; install a supported version of Gradio")
    return ChatEvents(engine_of(request.request), gr.skip())


def _in_loop(
    change: Callable[[Session], tuple[Session, list[ChatMessage]]],
) -> Callable[[Session], Awaitable[tuple[Session, list[ChatMessage]]]]:
    """Wrap ``change`` in a coroutine function, so that Gradio runs it in the event loop, not in a thread."""

    async def changed(session: Session) -> tuple[Session, list[ChatMessage]]:
        return change(session)

    return changed


def _language(request: gr.Request) -> Locale:
    return locale_for(request.headers.get("accept-language"))
