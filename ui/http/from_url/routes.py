"""The route that adds a document by its URL."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Annotated, Any

from fastapi import HTTPException, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from index.documents import MAX_COLLECTION_CHARACTERS
from index.library import Library
from index.loaders import Isolated, Options
from index.uploads import Sent
from index.workers import JobRunner
from ui.errors import FetchError, RefusedURLError
from ui.http.access.views import OwnLibrary
from ui.http.from_url.fetch import MAX_URL_CHARACTERS, Fetched, FetchRules, fetch
from ui.http.limited_threads import LimitedThreads
from ui.http.problems import documented
from ui.http.request_bodies import Detail, RequestModel, Text, example
from ui.http.router import Router
from ui.http.uploads import QUEUED, queued_response, uploaded_response

_AT_ONCE = 2
_WAITING = 20


class FromURLRequest(RequestModel):
    """A document to fetch."""

    model_config = example(url="https://reports.example/2031/dam.pdf", title="Why gate 3 failed")

    url: Annotated[Text, Field(max_length=MAX_URL_CHARACTERS)] = Field(description="a URL of an allowed host")
    name: Detail = Field(
        default="",
        description="the document's name in the library, with the suffix of its format; the last part of the "
        "URL's path by default",
    )
    title: Detail = ""
    publisher: Detail = ""
    author: Detail = ""
    published: Detail = ""
    language: Detail = ""
    collection: Annotated[Text, Field(max_length=MAX_COLLECTION_CHARACTERS)] = ""
    password: Detail = Field(default="", description="opens an encrypted file; not kept")
    background: bool = Field(
        default=False, description="answer with 202 and a `job_id` once the file is fetched"
    )

    @property
    def details(self) -> dict[str, str]:
        """The details of the document, such as its title, that override those in the file."""
        return self.model_dump(exclude={"url", "name", "password", "background"})


def from_url_router(
    rules: FetchRules, reader: Isolated, options: Options, writer: JobRunner, most_bytes: int = 0
) -> Router:
    """Return the route ``/v1/documents/from-url``.

    Args:
        rules: the operator's rules; without hosts, nothing may be fetched.
        reader: the process that reads files.
        options: the limits of reading, and passwords of encrypted files.
        writer: indexes files in the background.
        most_bytes: the maximum size of all uploads of a sender together, in bytes; 0 for no limit.
    """
    router = Router(prefix="/v1/documents", tags=["library"])
    threads = LimitedThreads("documents to fetch", at_once=_AT_ONCE, waiting=_WAITING)

    def add(index: Library, wanted: FromURLRequest, fetched: Fetched, own: Options) -> Response:
        sent = Sent(wanted.name or fetched.name, fetched.file, wanted.details, most_bytes)
        if wanted.background:
            return queued_response(index, writer, own, sent)
        return JSONResponse(uploaded_response(index, reader, own, sent), 201)

    @router.post(
        "/from-url",
        status_code=201,
        response_model=dict[str, Any],
        responses={**documented(400, 409, 413, 422, 500, 502, 503, 507), 202: QUEUED},
    )
    async def add_from_url(index: OwnLibrary, wanted: FromURLRequest, request: Request) -> Response:
        """Fetch a report and add it to the library, as an upload of the same file would.

        The status of a refusal is:

        - 409 if the operator allows no hosts;
        - 422 if the URL, or a redirect from it, leads to a host that is not allowed, or to an address that is
          not public;
        - 502 if the file could not be fetched; `detail` says why.
        """
        if not rules.hosts:
            raise HTTPException(
                409, "Adding by URL is off here; the operator allows hosts with FOOTNOTED_URL_HOSTS."
            )
        try:
            fetched = await threads.run(fetch, wanted.url, rules)
        except RefusedURLError as error:
            raise HTTPException(422, str(error)) from error
        except FetchError as error:
            raise HTTPException(502, str(error)) from error
        with closing(fetched.file):
            request.state.fetched_bytes = fetched.size
            passwords = (wanted.password, *options.passwords) if wanted.password else options.passwords
            return await threads.run(add, index, wanted, fetched, replace(options, passwords=passwords))

    return router
