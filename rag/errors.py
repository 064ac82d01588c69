"""The errors of questions, answers, models and evaluation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.errors import FootnotedError

if TYPE_CHECKING:
    from rag.answers import Fallback


class QuestionError(FootnotedError, ValueError):
    """The question is empty or too long."""


# Models


class ReaderError(FootnotedError):
    """The reader, the model that scores sentences together with the question, cannot be loaded."""


class JudgeError(FootnotedError):
    """The judge, the model that checks written sentences, cannot be opened. The message names the setting."""


class ModelSetupError(FootnotedError):
    """The language model cannot be opened. The message names the setting."""


class ModelError(FootnotedError):
    """``detail`` is what the model's client reports, for administrators; the message is for readers."""

    def __init__(self, message: str, kind: Fallback, detail: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.detail = detail


# Conversations and kept answers

ANSWER_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


class AnswerNotFoundError(FootnotedError, LookupError):
    def __init__(self, answer_id: str) -> None:
        is_id = ANSWER_ID.fullmatch(answer_id) is not None
        why = "it may have been deleted" if is_id else "an answer_id is 32 hexadecimal digits in lower case"
        super().__init__(f"there is no answer {answer_id!r}; {why}")


class DamagedAnswerError(FootnotedError):
    """The text of a stored answer is not an answer."""

    def __init__(self, answer_id: str, cause: str) -> None:
        super().__init__(
            f"the stored answer {answer_id!r} is damaged ({cause}); delete it, or restore a backup"
        )
        self.answer_id = answer_id


class AnswerFormError(FootnotedError, ValueError):
    """The text is not the JSON form of an answer. The message says where the text is wrong."""


class NotKeptError(FootnotedError):
    """The answer could not be stored."""


class ConversationNotFoundError(FootnotedError, LookupError):
    def __init__(self, conversation_id: str) -> None:
        super().__init__(f"there is no conversation {conversation_id!r}; it may have been deleted")


class OtherConversationError(FootnotedError, ValueError):
    """The answer to replace does not belong to the conversation in which the question is asked."""

    def __init__(self, answer_id: str, conversation_id: str) -> None:
        super().__init__(
            f"the answer {answer_id!r} does not belong to the conversation {conversation_id!r}; leave out "
            "conversation_id to ask in the answer's own conversation"
        )


class SpanError(FootnotedError, ValueError):
    """The span is not within the text of its document."""


# Evaluation


class JsonLinesError(FootnotedError, ValueError):
    """The file of JSON lines cannot be read. The message names the file and the line."""


class DatasetError(FootnotedError, ValueError):
    """The evaluation set cannot be read. The message names the file and the line."""


class ConfigurationError(FootnotedError, ValueError):
    """The configuration cannot be used. The message names the file and the key."""
