"""Conversations, kept answers and feedback."""

from rag.conversations.answers import answers_until, conversation, forget, kept_answer, load
from rag.conversations.citing import CitingAnswer, list_citing
from rag.conversations.conversations import (
    LISTED,
    KeptConversation,
    find_conversation,
    forget_conversation,
    list_conversations,
    name_conversation,
    written_conversation,
)
from rag.conversations.feedback import (
    FILE,
    Feedback,
    Judgement,
    append_feedback,
    cited_evidence,
    evidence_in,
    judgements,
    read_feedback,
)
from rag.conversations.history import Conversation, follow, of_answers, of_turns
from rag.conversations.rechecking import Checked, Claim, Footnote, Place, cited_document, recheck

__all__ = [
    "FILE",
    "LISTED",
    "Checked",
    "CitingAnswer",
    "Claim",
    "Conversation",
    "Feedback",
    "Footnote",
    "Judgement",
    "KeptConversation",
    "Place",
    "answers_until",
    "append_feedback",
    "cited_document",
    "cited_evidence",
    "conversation",
    "evidence_in",
    "find_conversation",
    "follow",
    "forget",
    "forget_conversation",
    "judgements",
    "kept_answer",
    "list_citing",
    "list_conversations",
    "load",
    "name_conversation",
    "of_answers",
    "of_turns",
    "read_feedback",
    "recheck",
    "written_conversation",
]
