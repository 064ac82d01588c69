"""The routes that show the language model, list others, choose one, and test one. No response has its key.

The model's server receives questions and sentences, so only a person at this machine may choose it or, while
sign-in is on, an administrator who may read them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, HTTPException, Request
from pydantic import Field, SecretStr

from index.errors import line_of
from rag.errors import JudgeError, ModelError, ModelSetupError
from rag.llm import ModelSettings, OfferedModel
from ui.accounts import Scope
from ui.errors import NoChoiceError, SettingsError, UsedWronglyError
from ui.http.access import identity_of, require_scopes
from ui.http.middleware import why_not_here
from ui.http.problems import documented
from ui.http.request_bodies import RequestModel, Text, example
from ui.http.router import Router
from ui.model_choice import ModelChoice
from ui.operations import note
from ui.stored_model import KEY, PROVIDER, audit_target, check_place, is_file_model, model_of

T = TypeVar("T")

MAX_MODEL_CHARACTERS = 1_000


class PlaceRequest(RequestModel):
    """A server of language models, whose models to list."""

    model_config = example(provider="openai", address="http://127.0.0.1:8080/v1", key="a-key")

    provider: Annotated[str, Field(pattern=PROVIDER)]
    address: Annotated[Text, Field(max_length=MAX_MODEL_CHARACTERS)] | None = None
    key: (
        Annotated[SecretStr, Field(max_length=MAX_MODEL_CHARACTERS, json_schema_extra={"pattern": KEY})]
        | None
    ) = Field(
        default=None,
        description="null keeps the stored key if provider and address stay the same; an empty string "
        "removes the key",
    )

    def own_or_stored_key(self, choice: ModelChoice) -> str | None:
        """Without a key, that of the chosen model if provider and address are the same."""
        if self.key is not None:
            return self.key.get_secret_value() or None
        stored = choice.chosen
        # The key for one server must not go to another server.
        is_same = stored and (stored.provider, stored.address) == (self.provider, self.address or None)
        return stored.key if stored and is_same else None

    def listed(self, choice: ModelChoice) -> tuple[OfferedModel, ...]:
        """Raises NoChoiceError, UsedWronglyError, ModelError or ModelSetupError."""
        key = self.own_or_stored_key(choice)
        check_place(self.provider, self.address, key)
        return choice.offered(self.provider, self.address or None, key)


class ModelRequest(PlaceRequest):
    """A language model to choose or to test."""

    model_config = example(provider="openai", model="small", address="http://127.0.0.1:8080/v1", key="a-key")

    model: Annotated[Text, Field(max_length=MAX_MODEL_CHARACTERS)] = Field(
        description="the model's name at the provider; for `llamacpp` without an address, one of the `files` "
        "of `GET /v1/model`"
    )

    def to_settings(self, choice: ModelChoice) -> ModelSettings:
        """Without a key, use that of the chosen model if provider and address are the same.

        Raises NoChoiceError if a person may not choose the model, or UsedWronglyError.
        """
        choice.require_free()
        model = model_of(self.provider, self.model, self.address, self.own_or_stored_key(choice))
        if is_file_model(model) and Path(model.model) not in choice.files:
            raise UsedWronglyError(
                f"the GGUF file {model.model!r} is not one of those that this server offers; put it into the "
                "folder models of the library's home, or choose it with: footnoted model set"
            )
        return model


def model_router(choice: ModelChoice) -> Router:
    router = Router(prefix="/v1/model", tags=["language model"], responses=documented(400, 422, 500))
    # Opening a model takes time and memory, so requests take turns.
    choosing, testing, listing = CapacityLimiter(1), CapacityLimiter(1), CapacityLimiter(4)

    @router.get("")
    def model(request: Request) -> dict[str, Any]:
        """Return the language model that writes answers.

        - `name` is null if no model writes answers; answers then only quote the reports.
        - `chooser` says who may choose the model: `administrator` if people sign in; otherwise `machine`, a
          person at the server's machine.
        - `changeable` says whether this client can choose another model now; if not, `why_not` says why.
        - `model`, `address`, `files` and `trouble` can name places on the server, so only clients that may
          choose the model see them.

        Nobody sees the key.
        """
        return described(choice, request)

    @router.put("", dependencies=[Depends(_require_allowed)], responses=documented(403, 409, 507))
    async def choose(wanted: ModelRequest, request: Request) -> dict[str, Any]:
        """Let another language model write the answers to later questions. This needs the scope `read`, too.

        An address in the link-local network (169.254.0.0/16, fe80::/10) is refused.
        """
        _note(wanted)
        await _run(lambda: choice.choose(wanted.to_settings(choice)), choosing)
        return described(choice, request)

    @router.delete("", dependencies=[Depends(_require_allowed)], responses=documented(403, 409, 507))
    async def clear(request: Request) -> dict[str, Any]:
        """Remove the stored model and its key. Later questions are answered with quotes only.

        This needs the scope `read`, too.
        """
        await _run(choice.clear, choosing)
        return described(choice, request)

    @router.post("/reload", dependencies=[Depends(_require_allowed)], responses=documented(403, 409))
    async def reload(request: Request) -> dict[str, Any]:
        """Use the model that `footnoted model set` has stored. This needs the scope `read`, too."""
        await _run(choice.reload, choosing)
        _note(choice.chosen)
        return described(choice, request)

    @router.post("/test", dependencies=[Depends(_require_allowed)], responses=documented(403, 409, 502))
    async def test(wanted: ModelRequest | None = None) -> dict[str, Any]:
        """Ask a model for two short replies: the model in the body or, without a body, the model in use.

        This needs the scope `read`, too.

        - `seconds`, `prompt_tokens` and `completion_tokens` are those of the first reply.
        - `streams` says whether it arrived in pieces.
        - `structured` says whether the second reply kept to the form that was asked for; it is null if the
          model could not be asked a second time.
        - `context_tokens` says how much the model can read, and is null if its server does not say it.
        - `small` is true for a model with which mistakes are likely: up to 3.5 billion weights, or a GGUF
          file of less than 2.5 GB.

        If the model does not reply, the status is 502, with the cause.
        """
        _note(wanted or choice.chosen)
        trial = await _run(lambda: choice.try_out(wanted.to_settings(choice) if wanted else None), testing)
        return trial.as_dict()

    @router.post("/list", dependencies=[Depends(_require_allowed)], responses=documented(403, 409, 502))
    async def list_(wanted: PlaceRequest) -> dict[str, Any]:
        """Return the models of a server or, for `llamacpp` without an address, the GGUF files to choose from.

        This needs the scope `read`, too.

        Each of the `models` has its `name`, `context_tokens` if its server says it, and `small` as in a test.
        Models for embedding, speech or pictures are left out. If the server lists none, the status is 502,
        with the cause. An address in the link-local network is refused.
        """
        note(target=audit_target(wanted.provider, "", wanted.address))
        return {"models": _described(await _run(lambda: wanted.listed(choice), listing))}

    @router.get("/servers", dependencies=[Depends(_require_allowed)], responses=documented(403, 409))
    async def servers() -> dict[str, Any]:
        """Return the servers of language models that run on this machine: Ollama, llama.cpp, LM Studio, vLLM.

        This needs the scope `read`, too.

        Their usual ports are asked, on the loopback interface only. Each of the `servers` has the `name` of
        its program, the `provider` and the `address` to choose it by, and its `models` as in a list.
        """
        found = await _run(choice.local_servers, listing)
        return {
            "servers": [
                {
                    "name": server.name,
                    "provider": server.provider,
                    "address": server.address,
                    "models": _described(server.models),
                }
                for server in found
            ]
        }

    return router


def described(choice: ModelChoice, request: Request) -> dict[str, Any]:
    refusal = _why_not_allowed(request)
    set_by, chosen = choice.set_by, choice.chosen if refusal is None else None
    why_not = refusal
    if why_not is None and not choice.is_free:
        why_not = f"{set_by} sets it." if set_by else "This server has no folder to store a choice."
    return {
        "name": choice.name,
        "provider": choice.chosen.provider if choice.chosen else None,
        "model": chosen.model if chosen else None,
        "address": chosen.address if chosen else None,
        "has_key": bool(chosen and chosen.key),
        "set_by": set_by,
        "chooser": "machine" if identity_of(request).kind == "local" else "administrator",
        "changeable": why_not is None,
        "why_not": why_not,
        "files": [str(file) for file in choice.files] if why_not is None else [],
        "trouble": choice.trouble if refusal is None else None,
    }


def _described(models: Sequence[OfferedModel]) -> list[dict[str, Any]]:
    return [
        {"name": model.name, "context_tokens": model.context_tokens, "small": model.is_small}
        for model in models
    ]


async def _run(work: Callable[[], T], threads: CapacityLimiter) -> T:
    try:
        return await to_thread.run_sync(work, limiter=threads)
    except NoChoiceError as error:
        raise HTTPException(409, line_of(error)) from error
    except (JudgeError, ModelSetupError, SettingsError, UsedWronglyError) as error:
        raise HTTPException(422, line_of(error)) from error
    except ModelError as error:
        raise HTTPException(502, line_of(error)) from error


def _note(model: ModelRequest | ModelSettings | None) -> None:
    if model is not None:
        note(target=audit_target(model.provider, model.model, model.address))


def _why_not_allowed(request: Request) -> str | None:
    sender = identity_of(request)
    if sender.kind == "local":
        return why_not_here(request.scope)
    return None if Scope.ADMIN in sender.scopes else "Only an administrator may choose the language model."


def _require_allowed(request: Request) -> None:
    refusal = _why_not_allowed(request)
    if refusal is not None:
        raise HTTPException(403, refusal)
    # Whoever chooses where questions are sent can read them there.
    require_scopes(identity_of(request), {Scope.READ})
