"""Conversations, stored answers, and feedback on them."""

from rag.conversations.answers import (
    CitingAnswer,
    Kept,
    answers_until,
    conversation,
    conversation_json,
    load,
    page_of_citing,
    sound_conversation,
    stored_answer,
    stored_answer_json,
)
from rag.conversations.feedback import (
    Feedback,
    Judgement,
    append_feedback,
    cited_evidence,
    evidence_in,
    forget_feedback,
    judgements,
    read_feedback,
)
from rag.conversations.history import Conversation, continue_conversation, from_answers, from_turns
from rag.conversations.store import LISTED, AnswerStore, KeptConversation

__all__ = [
    "LISTED",
    "AnswerStore",
    "CitingAnswer",
    "Conversation",
    "Feedback",
    "Judgement",
    "Kept",
    "KeptConversation",
    "answers_until",
    "append_feedback",
    "cited_evidence",
    "continue_conversation",
    "conversation",
    "conversation_json",
    "evidence_in",
    "forget_feedback",
    "from_answers",
    "from_turns",
    "judgements",
    "load",
    "page_of_citing",
    "read_feedback",
    "sound_conversation",
    "stored_answer",
    "stored_answer_json",
]
