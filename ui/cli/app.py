"""The command ``footnoted``. Slow modules are imported late, so that ``--help`` and ``status`` stay fast."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from index.errors import STANDARD_ERRORS, FootnotedError
from index.machine import configure_memory
from ui.cli import options, printing
from ui.cli.accounts import collections, tokens, users
from ui.cli.export import export, verify
from ui.cli.model import commands as model
from ui.cli.operations import audit, backup, check, migrate, read_status, restore
from ui.cli.options import AsJson, Home, Limit, settings_of
from ui.cli.printing import progress_bar, waiting
from ui.cli.shutdown import EXIT_SECONDS, exit_with, signals_noted
from ui.errors import FAILED, USED_WRONGLY, UsedWronglyError, excepthook, expected_errors, explain

NAME = "footnoted"

# With Python's default threshold of 700, garbage collection takes a tenth of the time of ``status``.
_COLLECTIONS = (200_000, 3, 3)
app = typer.Typer(
    name=NAME,
    help="Answers over a library of reports, every sentence footnoted to the exact words it rests on.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(backup)
app.command()(restore)
app.command()(migrate)
app.command()(export)
app.command()(verify)
app.command()(check)
app.command()(audit)
app.add_typer(model, name="model")
app.add_typer(users, name="user")
app.add_typer(tokens, name="token")
app.add_typer(collections, name="collection")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 0 success, 1 failure, 2 wrong usage, 130 interrupted."""
    sys.excepthook = excepthook(NAME)
    # Calling the Typer object would install Typer's own excepthook.
    command = typer.main.get_command(app)
    try:
        code = command.main(arguments, prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        message = " ".join(error.format_message().split()).rstrip(".")
        return _fail(f"{message}; see {NAME} --help", error.exit_code)
    except BrokenPipeError:
        # The reader of the output has closed its end, so discard the rest of the buffer.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (FootnotedError, *STANDARD_ERRORS) as error:
        return _fail(*explain(error))
    except expected_errors() as error:
        return _fail(*explain(error))
    return code if isinstance(code, int) else 0


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if show_version:
        from importlib.metadata import version

        print(f"{NAME} {version(NAME)}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(USED_WRONGLY)


@app.command()
def sync(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Folders or files; by default all followed folders."),
    ] = None,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep running: sync every change, and print a line for each sync.")
    ] = False,
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="ADDRESS", help="Read and embed on a Ray cluster, such as ray://HOST:10001."
        ),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Add new and changed files of folders to the library, and remove deleted ones.

    The folders are followed from then on: a later sync without a PATH syncs them again.
    """
    settings = settings_of(home=home)
    if not paths and not read_status(settings)["folders"]:
        raise UsedWronglyError(
            f"the library in {settings.home} follows no folder yet; name one: {NAME} sync FOLDER"
        )
    from ui.cli.sync import Report, sync_on_changes, sync_once

    stderr = printing.errors()

    def show(report: Report) -> None:
        if as_json:
            (printing.print_json_line if watch else printing.print_json)(report)
        else:
            printing.print_sync(printing.standard_output(), stderr, report)

    if watch and on is not None:
        raise UsedWronglyError("--watch reads on this machine; leave out --on, or sync after each change")
    if watch:
        sync_on_changes(settings, paths or (), stderr, show)
        return
    report = sync_once(settings, paths or (), stderr, on)
    show(report)
    if report["failed"] and not (report["added"] or report["changed"] or report["unchanged"]):
        raise typer.Exit(FAILED)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="A question, in quotation marks.")],
    *,
    documents: options.Documents = None,
    publishers: options.Publishers = None,
    languages: options.Languages = None,
    collections: options.Collections = None,
    kinds: options.Kinds = None,
    published_before: options.PublishedBefore = None,
    published_after: options.PublishedAfter = None,
    conversation: options.Conversation = None,
    exact: options.Exact = False,
    passages: options.Passages = 1,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from the library, with a footnote for each sentence."""
    from ui.cli.server import ask

    dates = published_before, published_after
    filters = options.filters_of(documents, publishers, languages, collections, kinds=kinds, dates=dates)
    settings = settings_of(home=home)
    with waiting(printing.errors(), "Reading…"):
        answer = ask(settings, _not_blank("question", question), filters, conversation, exact=exact)
    if as_json:
        printing.print_json(answer)
    else:
        printing.print_answer(printing.standard_output(), answer, passages=passages)


@app.command()
def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words or a sentence.")],
    limit: Limit = 10,
    *,
    documents: options.Documents = None,
    publishers: options.Publishers = None,
    languages: options.Languages = None,
    collections: options.Collections = None,
    kinds: options.Kinds = None,
    published_before: options.PublishedBefore = None,
    published_after: options.PublishedAfter = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List the passages that match a query best, best first."""
    from ui.cli.server import search

    dates = published_before, published_after
    filters = options.filters_of(documents, publishers, languages, collections, kinds=kinds, dates=dates)
    settings = settings_of(home=home)
    with waiting(printing.errors(), "Searching…"):
        response = search(settings, _not_blank("query", query), limit, filters)
    if as_json:
        printing.print_json(response)
    else:
        printing.print_search(printing.standard_output(), response, has_filters=bool(filters))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Listen on this address (default: 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Listen on this port (default: 7860).")] = None,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Sync the followed folders whenever they change.")
    ] = False,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Allow an address that other machines can reach, without sign-in."),
    ] = False,
    llm_folder: Annotated[
        Path | None,
        typer.Option("--llm-folder", metavar="DIR", help="Offer the GGUF files of this folder on the page."),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Serve the chat page and the HTTP interface until stopped."""
    settings = settings_of(home=home, host=host, port=port, insecure=insecure or None, llm_folder=llm_folder)

    def announce(address: str) -> None:
        print(json.dumps({"address": address}) if as_json else f"Footnoted is ready at {address}", flush=True)

    with signals_noted(EXIT_SECONDS) as interrupted:
        print("Starting…", file=sys.stderr, flush=True)
        from ui.cli.serve import serve

        serve(settings, announce, interrupted, watch=watch)


@app.command()
def mcp(
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="URL", help="Ask this server, perhaps on another machine."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="Read the token for the server from the first line of this file.",
        ),
    ] = None,
    home: Home = None,
) -> None:
    """Serve the library to an agent over standard input and output (Model Context Protocol)."""
    from ui.cli.server import serve_agent

    if token_file is not None and (server is None or str(token_file) == "-"):
        raise UsedWronglyError("a --token-file is a file, and for a --server; give both")
    token = options.read_secret(token_file, "--token-file").strip() if token_file else None
    serve_agent(settings_of(home=home), server, token)


@app.command("eval")
def evaluate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DATASET",
            help="The folder of a data set; with --from-feedback, files of questions; with --part gate, a "
            "file of claims as JSON lines.",
        ),
    ] = None,
    *,
    parts: Annotated[
        list[str] | None,
        typer.Option("--part", help="Measure only retrieval, selection, answers or gate; may be repeated."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=1, help="Maximum number of questions, taken evenly from the set."),
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="Measure the configuration of a TOML file.")
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option("--compare", metavar="A B", help="Compare two configurations: TOML files, or default."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="DIR", help="Write the report here (default: under the home)."),
    ] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Use only questions that no weight was trained on.")
    ] = False,
    from_feedback: Annotated[
        bool,
        typer.Option("--from-feedback", help="Evaluate the library itself with its stored feedback."),
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Measure retrieval, citations and abstention on a set of questions."""
    from ui.cli.evaluate import (
        Request,
        evaluates_claims_file,
        print_claims,
        print_figures,
        run,
        run_on_claims,
    )

    settings = settings_of(home=home)
    request = Request(
        tuple(paths or ()), tuple(parts or ()), limit, config, compare, report, held_out, from_feedback
    )
    if evaluates_claims_file(request):
        found = run_on_claims(settings, request)
        if as_json:
            printing.print_json(found.as_dict())
        else:
            print_claims(printing.standard_output(), found)
        return
    stderr = printing.errors()
    with progress_bar(stderr) as progress:
        measured = run(settings, request, stderr, progress)
    if as_json:
        printing.print_json(measured.as_dict())
    else:
        print_figures(printing.standard_output(), measured)


@app.command()
def status(home: Home = None, as_json: AsJson = False) -> None:
    """Show the contents of the library and whether its server is running."""
    found = read_status(settings_of(home=home))
    if as_json:
        printing.print_json(found)
    else:
        printing.print_status(printing.standard_output(), found)


def _not_blank(name: str, words: str) -> str:
    if not words.strip():
        raise UsedWronglyError(f"the {name} is empty; write what you want to know")
    return options.as_utf8(words)


def _fail(line: str, code: int) -> int:
    print(f"{NAME}: {line}", file=sys.stderr)
    return code


def program() -> NoReturn:
    gc.set_threshold(*_COLLECTIONS)
    configure_memory()
    # Without this, pydantic would read the metadata of every installed package to find plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    exit_with(main)


if __name__ == "__main__":
    program()
