"""The constants that the server shares with the page's scripts, which import ``assets/constants.js``."""

from __future__ import annotations

from typing import get_args

from index.documents import MAX_COLLECTION_CHARACTERS, UNKNOWN_LANGUAGE
from index.loaders import SUFFIXES
from rag.conversations import Judgement
from rag.questions import MAX_QUESTION_CHARACTERS
from ui.accounts import Role, Scope
from ui.accounts.names import MAX_CHARACTERS
from ui.accounts.users import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS
from ui.export import FORMATS
from ui.http.conversations import MAX_LISTED
from ui.http.request_bodies import MAX_DETAIL_CHARACTERS, MAX_NAME_CHARACTERS, MAX_NOTE_CHARACTERS
from ui.http.versions import MAX_QUERY_CHARACTERS
from ui.page.locales import languages

CONSTANTS = {
    "LANGUAGES": languages(),
    "UNKNOWN_LANGUAGE": UNKNOWN_LANGUAGE,
    "SUFFIXES": tuple(sorted(SUFFIXES)),
    "EXPORT_FORMATS": tuple(form.suffix for form in FORMATS),
    "JUDGEMENTS": get_args(Judgement),
    "MAX_QUESTION_CHARACTERS": MAX_QUESTION_CHARACTERS,
    "MAX_QUERY_CHARACTERS": MAX_QUERY_CHARACTERS,
    "MAX_NOTE_CHARACTERS": MAX_NOTE_CHARACTERS,
    "MAX_NAME_CHARACTERS": MAX_NAME_CHARACTERS,
    "MAX_COLLECTION_CHARACTERS": MAX_COLLECTION_CHARACTERS,
    "MAX_DETAIL_CHARACTERS": MAX_DETAIL_CHARACTERS,
    "MAX_CONVERSATIONS": MAX_LISTED,
    "ROLES": tuple(Role),
    "SCOPES": tuple(Scope),
    "MAX_ACCOUNT_CHARACTERS": MAX_CHARACTERS,
    "MIN_PASSWORD_CHARACTERS": MIN_PASSWORD_CHARACTERS,
    "MAX_PASSWORD_CHARACTERS": MAX_PASSWORD_CHARACTERS,
}
