"""The command ``footnoted``.

Modules that take long to import are imported inside the functions that need them: ``--help`` and
``status`` answer in under half a second. Every error is one line of cause and remedy.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from index.errors import STANDARD_ERRORS, FootnotedError
from ui.cli import backup as keeping
from ui.cli import export as exports
from ui.cli import filtering, output
from ui.cli import verify as verifying
from ui.cli.options import AsJson, Home, Limit
from ui.cli.status import read_status
from ui.cli.stopping import told_to_stop
from ui.errors import FAILED, USED_WRONGLY, UsedWronglyError, excepthook, expected_errors, explain
from ui.settings import load_settings

NAME = "footnoted"

app = typer.Typer(
    name=NAME,
    help="Answers over a library of reports, every sentence footnoted to the exact words it rests on.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(keeping.backup)
app.command()(keeping.restore)
app.command()(exports.export)
app.command()(verifying.verify)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: in place of the process's own.

    Returns:
        The exit code: 0 done, 1 failed, 2 used wrongly, 130 interrupted.
    """
    sys.excepthook = excepthook(NAME)
    # Calling the Typer object itself would put its own excepthook in place of this one.
    command = typer.main.get_command(app)
    try:
        code = command.main(arguments, prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _fail(f"{_one_line(error.format_message())}; see {NAME} --help", error.exit_code)
    except BrokenPipeError:
        # Whoever read the output has had enough; what is left in the buffer goes nowhere.
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
        typer.Argument(metavar="[PATH]...", help="Folders or files; none for all that the library follows."),
    ] = None,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until interrupted: sync what changes, a line each.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make the library hold what the folders hold now, and follow them from now on."""
    settings = load_settings(home=home)
    if not paths and not read_status(settings)["folders"]:
        raise UsedWronglyError(
            f"the library in {settings.home} follows no folder yet; name one: {NAME} sync FOLDER"
        )
    from ui.cli import sync as syncing

    stderr = output.errors()

    def show(report: syncing.Report) -> None:
        if as_json:
            (output.print_json_line if watch else output.print_json)(report)
        else:
            output.print_sync(output.standard_output(), stderr, report)

    if watch:
        syncing.follow(settings, paths or (), stderr, show)
        return
    report = syncing.sync_once(settings, paths or (), stderr)
    show(report)
    if report["failed"] and not (report["added"] or report["changed"] or report["unchanged"]):
        raise typer.Exit(FAILED)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="A question, in quotation marks.")],
    *,
    documents: filtering.Documents = None,
    publishers: filtering.Publishers = None,
    languages: filtering.Languages = None,
    collections: filtering.Collections = None,
    kinds: filtering.Kinds = None,
    published_before: filtering.PublishedBefore = None,
    published_after: filtering.PublishedAfter = None,
    conversation: filtering.Follows = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from the library, each sentence with its footnote."""
    from ui.cli import ask as asking
    from ui.cli.progress import waiting

    dates = published_before, published_after
    filters = filtering.filters_of(documents, publishers, languages, collections, kinds=kinds, dates=dates)
    settings = load_settings(home=home)
    with waiting(output.errors(), "Reading…"):
        answer = asking.ask(settings, _asked("question", question), filters, conversation)
    if as_json:
        output.print_json(answer)
    else:
        output.print_answer(output.standard_output(), answer)


@app.command()
def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words or a sentence.")],
    limit: Limit = 10,
    *,
    documents: filtering.Documents = None,
    publishers: filtering.Publishers = None,
    languages: filtering.Languages = None,
    collections: filtering.Collections = None,
    kinds: filtering.Kinds = None,
    published_before: filtering.PublishedBefore = None,
    published_after: filtering.PublishedAfter = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List the passages nearest to a query, best first."""
    from ui.cli import ask as asking
    from ui.cli.progress import waiting

    dates = published_before, published_after
    filters = filtering.filters_of(documents, publishers, languages, collections, kinds=kinds, dates=dates)
    settings = load_settings(home=home)
    with waiting(output.errors(), "Searching…"):
        response = asking.search(settings, _asked("query", query), limit, filters)
    if as_json:
        output.print_json(response)
    else:
        output.print_search(output.standard_output(), response, narrowed=bool(filters))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Listen on this address (default: 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Listen on this port (default: 7860).")] = None,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Sync the followed folders whenever something in them changes.")
    ] = False,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Listen where other machines reach it, though there is no log-in."),
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Answer in the browser and over HTTP until stopped."""
    settings = load_settings(home=home, host=host, port=port, insecure=insecure or None)

    def announce(address: str) -> None:
        print(json.dumps({"address": address}) if as_json else f"Footnoted is ready at {address}", flush=True)

    with told_to_stop() as told:
        print("Starting…", file=sys.stderr, flush=True)
        from ui.cli import serve as serving

        serving.serve(settings, announce, told, watch=watch)


@app.command("eval")
def evaluate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DATASET", help="A folder with a data set; with --from-feedback, files of questions."
        ),
    ] = None,
    *,
    parts: Annotated[
        list[str] | None,
        typer.Option("--part", help="Measure only retrieval, selection, answers or gate; may be repeated."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, help="How many questions at most, evenly spread.")
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="Measure the configuration in a TOML file.")
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option("--compare", metavar="A B", help="Compare two configurations: files, or default."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="DIR", help="Write the report here (default: under the home)."),
    ] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Use only questions from which nothing was learned.")
    ] = False,
    from_feedback: Annotated[
        bool,
        typer.Option("--from-feedback", help="Evaluate the library with the feedback that it was given."),
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Measure retrieval, citations and abstention on a set of questions."""
    from ui.cli import evaluate as evaluating
    from ui.cli.progress import progress_bar

    settings = load_settings(home=home)
    request = evaluating.Request(
        tuple(paths or ()), tuple(parts or ()), limit, config, compare, report, held_out, from_feedback
    )
    stderr = output.errors()
    with progress_bar(stderr) as progress:
        measured = evaluating.run(settings, request, stderr, progress)
    if as_json:
        output.print_json(measured.as_dict())
    else:
        evaluating.show(output.standard_output(), measured)


@app.command()
def status(home: Home = None, as_json: AsJson = False) -> None:
    """Show what the library holds and whether its server is running."""
    found = read_status(load_settings(home=home))
    if as_json:
        output.print_json(found)
    else:
        output.print_status(output.standard_output(), found)


def _asked(name: str, words: str) -> str:
    if not words.strip():
        raise UsedWronglyError(f"the {name} is empty; write what you want to know")
    # Bytes of an argument that are no UTF-8 arrive as half surrogate pairs, which no JSON can carry.
    return words.encode("utf-8", "replace").decode()


def _one_line(message: str) -> str:
    return " ".join(message.split()).rstrip(".")


def _fail(line: str, code: int) -> int:
    print(f"{NAME}: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
