"""The routes of OpenAI's protocol, with which unchanged clients of OpenAI can ask this library."""

from ui.http.openai.completions import completions_router, responses_router
from ui.http.openai.vector_stores import vector_stores_router

__all__ = ["completions_router", "responses_router", "vector_stores_router"]
