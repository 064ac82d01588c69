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
from rag.conversations.export_check import Checked, Claim, Footnote, Place, cited_document, recheck
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
from rag.conversations.feedback_file import FILE, forget_feedback_file, import_feedback
from rag.conversations.history import Conversation, continue_conversation, from_answers, from_turns
from rag.conversations.store import LISTED, AnswerStore, KeptConversation

__all__ = [
    "FILE",
    "LISTED",
    "AnswerStore",
    "Checked",
    "CitingAnswer",
    "Claim",
    "Conversation",
    "Feedback",
    "Footnote",
    "Judgement",
    "Kept",
    "KeptConversation",
    "Place",
    "answers_until",
    "append_feedback",
    "cited_document",
    "cited_evidence",
    "continue_conversation",
    "conversation",
    "conversation_json",
    "evidence_in",
    "forget_feedback",
    "forget_feedback_file",
    "from_answers",
    "from_turns",
    "import_feedback",
    "judgements",
    "load",
    "page_of_citing",
    "read_feedback",
    "recheck",
    "sound_conversation",
    "stored_answer",
    "stored_answer_json",
]
