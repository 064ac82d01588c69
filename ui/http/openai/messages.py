"""The messages of OpenAI's requests, and the question and the conversation in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict

from rag.conversations import Conversation, from_turns
from ui.http.openai.text import without_footnotes
from ui.http.request_bodies import Text


class ContentPart(BaseModel):
    """A part of a message. Only parts with text are read."""

    model_config = ConfigDict(extra="allow", strict=True)

    type: Text
    text: Text | None = None


class Message(BaseModel):
    """A message of a conversation. System messages are ignored."""

    model_config = ConfigDict(extra="allow", strict=True)

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[ContentPart] | None = None

    @property
    def text(self) -> str:
        """The text of the message."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""


def question_and_history(messages: Sequence[Message]) -> tuple[str, Conversation]:
    """Return the question, which is the last message of the user, and the conversation before it.

    Raises:
        HTTPException: 422 if no message has the role ``user``.
    """
    for place in reversed(range(len(messages))):
        if messages[place].role == "user":
            before = [
                (
                    message.role,
                    without_footnotes(message.text) if message.role == "assistant" else message.text,
                )
                for message in messages[:place]
                if message.role in {"user", "assistant"}
            ]
            return messages[place].text, from_turns(before)
    raise HTTPException(422, "messages has no message with the role user; send the question as one")
