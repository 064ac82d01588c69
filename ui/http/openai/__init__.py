"""The routes of OpenAI's protocol, so that its clients can ask this library without changes."""

from ui.http.openai.completions import completions_router
from ui.http.openai.responses import responses_router
from ui.http.openai.vector_stores import vector_stores_router

__all__ = ["completions_router", "responses_router", "vector_stores_router"]
