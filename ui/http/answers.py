"""Answers that are kept, over HTTP: as they were given, exported as files, and deleted."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path
from starlette.responses import Response

from index.catalog import Catalog
from rag.answers import Answer
from rag.conversations import delete_answer, kept_answer, load
from ui.export import FORMATS, HTML, Format, digests_of, export
from ui.export.html import POLICY as PAGE_POLICY
from ui.http.copying import Copied, copied
from ui.http.problems import documented
from ui.http.schemas import Text

AnswerId = Annotated[Text, Path(description="the answer's answer_id, 32 hexadecimal digits", max_length=64)]

POLICY = f"{PAGE_POLICY}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""An exported page has nothing but its own style; whatever else were in it, it would not act."""

_NAME_CHARACTERS = 60
_ID_DIGITS = 8
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def kept_router(catalog: Catalog) -> APIRouter:
    """The routes of the answers that a library keeps."""
    router = APIRouter(prefix="/v1/answers", tags=["answers"], responses=documented(404, 422, 500))

    @router.get(
        "/{answer_id}.{suffix}",
        response_class=Response,
        responses={200: {"content": {form.media_type.partition(";")[0]: {} for form in FORMATS}}},
    )
    def exported(answer_id: AnswerId, suffix: Literal["md", "html", "docx"]) -> Response:
        """An answer as a file with footnotes, which `footnoted verify` can check again."""
        return exported_response(catalog, answer_id, suffix)

    @router.get("/{answer_id}/text")
    def text(answer_id: AnswerId) -> Copied:
        """An answer to copy: its sentences with their marks and its footnotes, as words and as HTML."""
        return copied(load(kept_answer(catalog, answer_id)))

    @router.get("/{answer_id}", response_class=Response, responses={200: {"model": Answer}})
    def answer(answer_id: AnswerId) -> Response:
        """An answer, byte for byte as it was given, whatever the library holds by now."""
        body = kept_answer(catalog, answer_id)
        return Response(body.encode(), media_type="application/json")

    @router.delete("/{answer_id}", status_code=204)
    def delete(answer_id: AnswerId) -> None:
        """Delete an answer. Files that it was exported to can still be verified."""
        delete_answer(catalog, answer_id)

    return router


def exported_response(catalog: Catalog, answer_id: str, suffix: str) -> Response:
    """What ``GET /v1/answers/{id}.{suffix}`` answers: a file to save.

    Raises:
        AnswerNotFoundError: if there is no such answer.
    """
    answer = load(kept_answer(catalog, answer_id))
    form = next(each for each in FORMATS if each.suffix == suffix)
    data = export(answer, form, digests_of(catalog, answer))
    return file_response(data, form, name_of_file(answer.question, answer_id, suffix, otherwise="answer"))


def file_response(data: bytes, form: Format, name: str) -> Response:
    """An exported file, which a browser saves under a name."""
    headers = {"Content-Disposition": attachment(name)}
    if form is HTML:
        headers["Content-Security-Policy"] = POLICY
    return Response(data, media_type=form.media_type, headers=headers)


def name_of_file(heading: str, own_id: str, suffix: str, *, otherwise: str) -> str:
    """A name for a file: the words that head it, and what tells it from others of the same.

    Args:
        heading: what heads it.
        own_id: the id of what is in it.
        suffix: the format's, without the dot.
        otherwise: stands for a heading without words.
    """
    words = _BETWEEN_WORDS.sub("-", heading).strip("-").lower()
    words = words[:_NAME_CHARACTERS].rstrip("-") or otherwise
    return f"{words}-{own_id[:_ID_DIGITS]}.{suffix}"


def attachment(name: str) -> str:
    """The header that has a browser save a file under ``name``, which has letters, digits, hyphens and dots.

    Programs that do not read RFC 8187 get the name without the letters that ASCII lacks.
    """
    plain = re.sub("-+", "-", "".join(each if each.isascii() else "-" for each in name)).strip("-")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
