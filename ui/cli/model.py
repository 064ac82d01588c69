"""The command ``model``: show, list, choose, test or forget the language model that ``model.json`` stores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli import printing
from ui.cli.options import AsJson, Home, read_secret, settings_of, type_secret
from ui.cli.printing import waiting
from ui.cli.server import from_server, post, running_server
from ui.errors import ServerGoneError, ServerRefusedError, SettingsError, UsedWronglyError

if TYPE_CHECKING:
    from rag.llm import ModelSettings, OfferedModel
    from ui.settings import Settings

commands = typer.Typer(
    help="Show, choose or test the language model that writes answers.", invoke_without_command=True
)

CHOOSE = "Choose a language model with: footnoted model set PROVIDER MODEL"


@commands.callback()
def show(context: typer.Context, home: Home = None, as_json: AsJson = False) -> None:
    """Show the language model that writes answers, or choose another one."""
    if context.invoked_subcommand is not None:
        if home is not None or as_json:
            raise UsedWronglyError(
                f"--home and --json belong after the word {context.invoked_subcommand}; move them there"
            )
        return
    settings = settings_of(home=home)
    _print(described(settings.language_model(), settings), as_json=as_json)


@commands.command("list")
def list_(
    provider: Annotated[
        str | None,
        typer.Argument(
            metavar="PROVIDER",
            help="llamacpp, openai, ollama or anthropic; without one, what is on this machine.",
            show_default=False,
        ),
    ] = None,
    *,
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="URL", help="The models' server, if not the provider's own."),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="FILE", help="Read the key from this file; - is standard input."),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List the models to choose from: GGUF files, servers on this machine, or those of a server."""
    settings = settings_of(home=home)
    if provider is None and (address is not None or key_file is not None):
        raise UsedWronglyError("--address and --key-file need a provider; give llamacpp, openai or another")
    with waiting(printing.errors(), "Looking for models…"):
        key = read_secret(key_file, "--key-file").strip() if key_file is not None else None
        found = _models_of(settings, provider, address, key) if provider else _models_here(settings)
    if as_json:
        printing.print_json({"models": found})
        return
    output = printing.standard_output()
    for model in found:
        words = [f"{model['context_tokens']:,} tokens"] if model["context_tokens"] else []
        words += ["small: mistakes are more likely"] if model["small"] else []
        line = " ".join(filter(None, (model["provider"], model["model"], model["address"])))
        printing.print_line(output, f"{line} ({'; '.join(words)})" if words else line)
    if not found:
        printing.print_line(output, "There is no model here: no GGUF file and no server on its usual port.")
    elif provider is None:
        printing.print_line(output, "Choose one with: footnoted model set PROVIDER MODEL --address URL")


def _models_here(settings: Settings) -> list[dict[str, Any]]:
    from rag.llm import local_servers

    listed = _files(settings)
    for server in local_servers():
        listed += [_listed(server.provider, server.address, model) for model in server.models]
    return listed


def _models_of(
    settings: Settings, provider: str, address: str | None, key: str | None
) -> list[dict[str, Any]]:
    from rag.llm import list_models
    from ui.stored_model import LLAMACPP, check_place

    check_place(provider, address, key)
    if provider == LLAMACPP and not address:
        return _files(settings)
    return [_listed(provider, address, model) for model in list_models(provider, address or None, key)]


def _files(settings: Settings) -> list[dict[str, Any]]:
    from rag.llm import of_file
    from ui.stored_model import LLAMACPP, gguf_files

    return [
        _listed(LLAMACPP, None, of_file(file)) for file in gguf_files(settings.models, settings.llm_folder)
    ]


def _listed(provider: str, address: str | None, model: OfferedModel) -> dict[str, Any]:
    return {
        "provider": provider,
        "model": model.name,
        "address": address,
        "context_tokens": model.context_tokens,
        "small": model.is_small,
    }


@commands.command("set")
def choose(
    provider: Annotated[
        str,
        typer.Argument(
            metavar="PROVIDER",
            help="llamacpp, openai, ollama, anthropic, or the name of another llama-index package.",
        ),
    ],
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="The model's name at the provider; for llamacpp, a GGUF file."),
    ],
    *,
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="URL", help="The model's server, if not the provider's own."),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="FILE", help="Read the key from this file; - is standard input."),
    ] = None,
    ask_key: Annotated[bool, typer.Option("--key", help="Ask for the key on the terminal.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Let a language model write the answers. A running server uses the model at once."""
    from ui.stored_model import is_file_model, model_of

    settings = _settings_without_model(home)
    needs_key = ask_key or (provider not in {"llamacpp", "ollama"} and address is None)
    model_of(provider, model, address)  # Report a wrong value before asking for the key.
    key = None
    if key_file is not None:
        key = read_secret(key_file, "--key-file").strip()
    elif needs_key:
        key = type_secret("Key (not shown; empty for none): ", "--key-file").strip() or None
    chosen = model_of(provider, model, address, key)
    if is_file_model(chosen):
        file = Path(model).expanduser().absolute()
        if not file.is_file():
            raise UsedWronglyError(
                f"the GGUF file {str(file)!r} does not exist; give the path of one, or give --address"
            )
        chosen = replace(chosen, model=str(file))
    with waiting(printing.errors(), "Opening the model…"):
        _use(settings, chosen)
    _print(described(chosen, settings), as_json=as_json)


@commands.command("test")
def try_out(home: Home = None, as_json: AsJson = False) -> None:
    """Test the language model: ask it for two short replies, and say what it can do here."""
    settings = settings_of(home=home)

    def here() -> dict[str, Any]:
        from ui.model_choice import try_out

        model = settings.language_model()
        if model is None:
            raise UsedWronglyError("no language model is chosen; choose one with: footnoted model set")
        return try_out(model).as_dict()

    with waiting(printing.errors(), "Asking the model…"):
        trial = from_server(settings, "/v1/model/test", None, here)
    if as_json:
        printing.print_json(trial)
        return
    for sentence in _told(trial):
        printing.print_line(printing.standard_output(), sentence)


def _told(trial: dict[str, Any]) -> list[str]:
    tokens = trial["prompt_tokens"] + trial["completion_tokens"]
    context = trial["context_tokens"]
    return [
        f"The model replied in {trial['seconds']:.1f} s with {tokens} tokens.",
        "Its reply arrives word by word."
        if trial["streams"]
        else "Its reply arrives all at once, when it is complete.",
        *(
            [f"It {'keeps' if trial['structured'] else 'did not keep'} to a prescribed form."]
            if trial["structured"] is not None
            else []
        ),
        f"It can read {context:,} tokens at once."
        if context
        else "Its server does not say how much it can read at once.",
        *(["It is small: mistakes are more likely."] if trial["small"] else []),
    ]


@commands.command()
def clear(home: Home = None, as_json: AsJson = False) -> None:
    """Remove the stored model and its key, so that answers only quote reports again."""
    settings = _settings_without_model(home)
    _use(settings, None)
    _print(described(None, settings), as_json=as_json)


def described(model: ModelSettings | None, settings: Settings) -> dict[str, Any]:
    return {
        "provider": model.provider if model else None,
        "model": model.model if model else None,
        "address": model.address if model else None,
        "has_key": bool(model and model.key),
        "set_by": settings.model_set_by,
    }


def _print(model: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        printing.print_json(model)
        return
    set_by = f"; {model['set_by']} sets this." if model["set_by"] else None
    facts = [model["provider"], model["address"], "with a key" if model["has_key"] else None]
    if model["provider"] is None:
        line = f"Answers are quoted{set_by or f'. {CHOOSE}'}"
    else:
        line = f"Answers are written by {model['model']} ({', '.join(filter(None, facts))}){set_by or '.'}"
    printing.print_line(printing.standard_output(), line)


def _settings_without_model(home: Path | None) -> Settings:
    settings = settings_of(home=home)
    if settings.model_set_by is not None:
        raise UsedWronglyError(f"{settings.model_set_by} sets the language model; change or remove it there")
    return settings


def _use(settings: Settings, chosen: ModelSettings | None) -> None:
    """None removes the stored model. Raises ModelSetupError, or ServerRefusedError of a running server.

    A model that cannot be opened is not stored, unless the server stops before it opens the model.
    """
    from ui.stored_model import audit_target, read_model

    server = running_server(settings.home)
    if server is None and chosen is not None:
        from rag.llm import open_model

        open_model(settings.limited(chosen)).close()
    try:
        former = read_model(settings.home)
    except SettingsError:
        former = None
    _store(settings.home, chosen)
    if server is not None:
        try:
            post(server, "/v1/model/reload", None)
        except ServerGoneError:
            pass
        except ServerRefusedError:
            _store(settings.home, former)
            raise
    from ui.operations import record_command

    target = audit_target(chosen.provider, chosen.model, chosen.address) if chosen else None
    record_command(settings, "model set" if chosen else "model clear", target)


def _store(home: Path, chosen: ModelSettings | None) -> None:
    from ui.stored_model import remove_model, write_model

    if chosen is None:
        remove_model(home)
    else:
        write_model(home, chosen)
