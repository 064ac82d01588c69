"""The routes on the languages that the library's encoder reads, and on the change-over to another encoder.

The job embeds all passages beside the present build, which searches use until it is done. It goes on after a
stop of the server, and after a cancellation when it is requested again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Annotated, Self

from fastapi import HTTPException, Query, Request
from starlette.responses import JSONResponse

from index.embedding import (
    INSTALL_COMMAND,
    MULTILINGUAL_LANGUAGES,
    MULTILINGUAL_MODEL,
    Encoder,
    has_multilingual,
    open_encoder,
)
from index.ingest import Job, Jobs
from index.library import Library
from index.machine import usable_cores
from index.search import library_status
from index.text import detect, may_be_in
from index.workers import JobRunner
from rag.conversations import stored_answer
from ui.accounts import Scope
from ui.http.access import OwnLibrary, identity_of
from ui.http.problems import documented
from ui.http.request_bodies import AnswerId, RequestModel
from ui.http.router import Router
from ui.http.uploads import accepted
from ui.settings import Settings

# The passages of about 200 tokens that a core embeds in a second with the multilingual encoder.
_PASSAGES_A_SECOND = 5.0
_OPENING_SECONDS = 20.0  # the time in which the encoder is written to the disk at its first use, and opened
_MEMORY_MEGABYTES = 1_700  # the memory that the multilingual encoder takes, with the libraries that run it
_MODEL_MEGABYTES = 245
# The disk space of a passage: its place in the text, its vectors, and its words in the caches.
_PASSAGE_KILOBYTES = 7
_NOT_INSTALLED = (
    f"{MULTILINGUAL_MODEL} is not installed; run `{INSTALL_COMMAND}`, and start the server again."
)


class ChangeRequest(RequestModel):
    """The body of a request to change over. It has no fields: there is one encoder to change to."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a change-over: passages to embed, seconds, and megabytes of memory and of disk space."""

    passages: int
    seconds: int
    memory_mb: int
    disk_mb: int


@dataclass(frozen=True, slots=True)
class EncoderDescription:
    """The encoder of the library, and what a change-over would bring.

    Attributes:
        model: the name of the encoder that searches use.
        reads: the languages that the encoder reads, as ISO 639-1 codes; null if unknown.
        unread: the languages that the encoder does not read and the other one does: those of reports that
            the sender may see, the most frequent first, and that of the question of `answer_id`.
        gains: whether a change-over would help: `unread` has a language, and the library has a passage.
        change_to: the encoder to which the library can change over.
        languages: the number of languages that it reads.
        installed: whether it is installed.
        install_command: the command that installs it, if the sender could start a change-over with it; else
            null.
        cost: the cost of the change-over; the passages are those that the sender may see.
        changing: whether the library is being changed over now.
        job_id: the job that does so, if it is the sender's or the sender is an administrator; else null.
        changeable: whether the sender can start a change-over now.
        why_not: why not, in one line; null if the sender can.
    """

    model: str
    reads: list[str] | None
    unread: list[str]
    gains: bool
    change_to: str
    languages: int
    installed: bool
    install_command: str | None
    cost: Cost
    changing: bool
    job_id: str | None
    changeable: bool
    why_not: str | None


class EncoderChange:
    """Entering the context goes on with a change-over that a stop of the server has interrupted."""

    def __init__(self, writer: JobRunner, index: Library, settings: Settings | None) -> None:
        self._writer = writer
        self._index = index
        self._model = settings.model if settings else None
        self._models: Path | None = settings.models if settings else None
        self._beginning = Lock()
        self._job_id: str | None = None

    def __enter__(self) -> Self:
        building = library_status(self._index.home, self._index.catalog).building
        is_ours = building is None or building.encoder.startswith(f"{MULTILINGUAL_MODEL}@")
        if is_ours and self._writer.has_interrupted_rebuild and self.obstacle(self._index) is None:
            self._job_id = self._writer.rebuild(self._open).id
        return self

    def __exit__(self, *_raised: object) -> None:
        pass

    def begin(self, library: Library) -> Job:
        """Start a change-over for the viewer of ``library``, or refuse with 409 if there is an obstacle."""
        with self._beginning:
            obstacle = self.obstacle(library)
            if obstacle is not None:
                raise HTTPException(409, obstacle)
            job = self._writer.rebuild(self._open, library.catalog.viewer)
            self._job_id = job.id
            return job

    def obstacle(self, library: Library) -> str | None:
        """Return in one line why the library cannot change over now; None if it can."""
        model = library.recipe.model
        if any(job.kind == "rebuild" for job in self._writer.jobs.unended()):
            return "The library is being embedded again already; wait until that is done, or cancel its job."
        if model == MULTILINGUAL_MODEL:
            return f"The library uses {MULTILINGUAL_MODEL} already."
        if not library.keeps_encoder:
            return (
                f"FOOTNOTED_MODEL is {self._model or model} and decides; remove it, or set it to "
                f"{MULTILINGUAL_MODEL}, and start the server again."
            )
        if not has_multilingual():
            return _NOT_INSTALLED
        with self._index.catalog.reading() as reader:
            return None if reader.has_chunks() else "The library has no passages yet; add reports first."

    def described(
        self, library: Library, *, is_administrator: bool, answer_id: str | None
    ) -> EncoderDescription:
        asked = [detect(stored_answer(library.catalog, answer_id).question)] if answer_id else []
        with library.snapshot() as snapshot:
            encoder, passages = snapshot.encoder, snapshot.reader.count_chunks()
            counts = snapshot.reader.count_by_language()
        of_reports = sorted(counts, key=lambda language: (-counts[language], language))
        unread = [
            language
            for language in dict.fromkeys([*of_reports, *asked])
            if language in MULTILINGUAL_LANGUAGES and not may_be_in(language, encoder.languages)
        ]
        is_changing, is_own = (
            any(job.id == self._job_id for job in jobs.unended())
            for jobs in (self._writer.jobs, Jobs(library.catalog))
        )
        why_not = self.obstacle(library) if is_administrator else "Only an administrator may change it."
        return EncoderDescription(
            model=encoder.name,
            reads=None if encoder.languages is None else sorted(encoder.languages),
            unread=unread,
            gains=bool(unread) and passages > 0,
            change_to=MULTILINGUAL_MODEL,
            languages=len(MULTILINGUAL_LANGUAGES),
            installed=has_multilingual(),
            install_command=INSTALL_COMMAND if why_not == _NOT_INSTALLED else None,
            cost=self._cost(passages),
            changing=is_changing,
            job_id=self._job_id if is_own else None,
            changeable=why_not is None,
            why_not=why_not,
        )

    def _cost(self, passages: int) -> Cost:
        is_written = self._models is not None and (self._models / MULTILINGUAL_MODEL).is_dir()
        return Cost(
            passages,
            round(_OPENING_SECONDS + passages / (_PASSAGES_A_SECOND * usable_cores())),
            _MEMORY_MEGABYTES,
            (0 if is_written else _MODEL_MEGABYTES) + round(passages * _PASSAGE_KILOBYTES / 1000),
        )

    def _open(self) -> Encoder:
        return open_encoder(MULTILINGUAL_MODEL, self._models)


def encoder_router(change: EncoderChange) -> Router:
    router = Router(prefix="/v1/index", tags=["library"], responses=documented(400, 422, 500))

    @router.get("/encoder", responses=documented(404, 410, 503))
    def encoder(
        index: OwnLibrary,
        request: Request,
        answer_id: Annotated[
            AnswerId | None, Query(description="an answer of yours, whose question's language counts, too")
        ] = None,
    ) -> EncoderDescription:
        """Say which languages the library's encoder reads, and what a change to another one costs."""
        is_administrator = Scope.ADMIN in identity_of(request).scopes
        return change.described(index, is_administrator=is_administrator, answer_id=answer_id)

    @router.post("/encoder", status_code=202, responses=documented(403, 409))
    def change_over(index: OwnLibrary, _body: ChangeRequest | None = None) -> JSONResponse:
        """Change the library over to the multilingual encoder, in a job. Searches go on meanwhile.

        A change-over that was cancelled goes on where it was. Later syncs use the new encoder.
        """
        return accepted(change.begin(index))

    return router
