"""Prints answers and found passages on a terminal; :mod:`ui.cli.printing` prints everything else.

The two modules are separate, so that ``status`` and ``--help`` need not import :mod:`rag.answers`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rag.answers import COURTESIES
from rag.verdicts import DOUBTFUL
from rag.visible_text import readable, visible
from ui.cli.printing import Result
from ui.words import (
    ADVICE,
    COMPUTED,
    RECOGNISED,
    advice_for,
    compared_names,
    date_or_undated,
    difference_words,
    doubt_after,
    excerpt,
    source_facts,
)


def print_answer(console: Console, answer: Result, *, passages: int = 1) -> None:
    """Print an answer: its headline, its sentences with footnote marks, and its footnotes.

    If the library has no answer, print why, at most ``passages`` of the nearest passages, and what to try.
    """
    if answer["searched_for"]:
        line = f"Searched for: {visible(answer['searched_for'])} (--exact searches for the question as typed)"
        console.print(Text(line, style="italic"), end="\n\n")
    if answer["standalone"]:
        console.print(Text(f"Understood as: {visible(answer['standalone'])}", style="italic"), end="\n\n")
    if answer["abstained"]:
        _print_abstention(console, answer, passages)
    if answer.get("headline"):
        _print_headline(console, answer["headline"])
    for paragraph in _paragraphs(answer):
        console.print(paragraph, end="\n\n")
    for disagreement in answer["disagreements"]:
        _print_disagreement(console, disagreement)
    if answer["note"]:
        console.print(Text(visible(answer["note"]), style="italic"), end="\n\n")
    first = {citation["id"]: citation for citation in reversed(answer["citations"])}
    for number in sorted(first):
        _print_footnote(console, first[number], answer["text"])
    for dropped in answer["dropped"]:
        words = readable(dropped["text"])
        _print_entry(console, "–", Text("Left out", style="bold"), dropped["reason"], words)


def print_search(console: Console, response: Result, *, has_filters: bool = False) -> None:
    """Print the passages of a search, the best first; ``has_filters`` says whether it was filtered."""
    for number, result in enumerate(response["results"], 1):
        _print_entry(console, f"{number}.", _source(result), _score(result), readable(result["text"]))
    if not response["results"] and has_filters:
        console.print("Nothing was found: no report passes the filters; widen them and search again.")
    elif not response["results"]:
        console.print("Nothing was found: the library is empty. Fill it with: footnoted sync FOLDER")


def _paragraphs(answer: Result) -> list[Text]:
    """Return the paragraphs of an answer.

    Each sentence is followed by the numbers of its footnotes. A label precedes the numbers if the quotes may
    not support the sentence.
    """
    paragraphs = [Text()] if answer["sentences"] else []
    for sentence, before in zip(answer["sentences"], [None, *answer["sentences"]], strict=False):
        if before is not None:
            between = answer["text"][before["end"] : sentence["start"]]
            if "\n" in between:
                paragraphs.append(Text())
            else:
                paragraphs[-1].append(" ")
        struck = "strike" if sentence["verdict"] == "unsupported" else ""
        paragraphs[-1].append(readable(answer["text"][sentence["start"] : sentence["end"]]), style=struck)
        paragraphs[-1].append(doubt_after(sentence["verdict"]), style="italic")
        for number in sentence["citations"]:
            paragraphs[-1].append(f" [{number}]", style="cyan")
    return paragraphs


def _print_headline(console: Console, headline: Result) -> None:
    other = headline.get("comparison")
    if other is None:
        names = [visible(headline[name]) for name in ("row", "column") if headline[name]]
        _print_value(console, headline, " · ".join(names))
        console.print()
        return
    computed = other["computed"]
    shared, *own = compared_names(*((each["row"], each["column"]) for each in (headline, other)))
    if computed["answer"]:
        answer = visible(computed["answer"])
        console.print(Text(f"{answer[:1].upper()}{answer[1:]}", style="bold"))
    if shared:
        console.print(Text(visible(shared), style="dim"))
    for each, own_names in zip((headline, other), own, strict=True):
        _print_value(console, each, visible(own_names))
    difference = difference_words(computed["difference"], computed["unit"], computed["percent"])
    console.print(Text(f"Difference {visible(difference)}, {COMPUTED}", style="italic"), end="\n\n")


def _print_value(console: Console, figure: Result, names: str) -> None:
    console.print(
        Text(visible(figure["value"]), style="bold").append(f" {visible(figure['unit'])}", "not bold")
    )
    console.print(Text(names, style="dim"))


def _print_disagreement(console: Console, disagreement: Result) -> None:
    console.print(Text(f"The sources give different figures: {visible(disagreement['about'])}", style="bold"))
    for figure in disagreement["figures"]:
        facts = [figure["title"], figure["publisher"], date_or_undated(figure["published"])]
        facts += ["superseded"] if figure["superseded"] else []
        source = " · ".join(visible(fact) for fact in facts if fact)
        console.print(Text(f"  {visible(figure['value'])} [{figure['citation']}] {source}"))
    console.print()


def _print_footnote(console: Console, citation: Result, text: str) -> None:
    quote, verdict = readable(citation["quote"]), citation["verification"]["verdict"]
    sentence = readable(text[citation["answer_start"] : citation["answer_end"]])
    # If the sentence repeats its quote, printing the quote as well would only hide the source.
    quoted = "" if quote == sentence else f"“{quote}”"
    reason = citation["verification"]["reason"] or "read the source"
    doubt = f"{verdict}: {reason}" if verdict in DOUBTFUL else ""
    _print_entry(console, f"[{citation['id']}]", _source(citation), doubt, quoted)


def _print_abstention(console: Console, answer: Result, shown: int) -> None:
    reason = Text(visible(answer["reason"] or answer["text"]))
    if answer["cause"] in COURTESIES:
        console.print(reason)
        return
    console.print(Text("No answer.", style="bold"), reason)
    passages: Sequence[Result] = answer["passages"]
    if passages:
        console.print(f"\nNearest passage{'s' if shown > 1 else ''}:\n")
    for passage in passages[:shown]:
        words = visible(excerpt(passage["text"]))
        _print_entry(console, "–", _source(passage), passage["shortfall"] or "", words)
    filters = (answer["searched"] or {}).get("filters") or {}
    advice = ADVICE.get(advice_for(answer["cause"], filtered=any(filters.values())))
    rest = len(passages) - shown
    if advice:
        console.print(advice)
    if rest > 0:
        console.print(f"Other passages read: {rest}; --passages {len(passages)} lists them.")


def _print_entry(console: Console, mark: str, source: Text, remark: str, words: str) -> None:
    entry = Table.grid(padding=(0, 1))
    entry.add_column(no_wrap=True, style="cyan")
    entry.add_column(overflow="fold")
    entry.add_row(mark, source)
    for line, style in ((visible(remark), "italic"), (words, "")):
        if line:
            entry.add_row("", Text(line, style=style))
    console.print(Padding(entry, (0, 0, 1, 0)))


def _source(place: Result) -> Text:
    facts = [
        *source_facts(place.get("publisher"), place.get("author"), place["published"], place["page"]),
        RECOGNISED if place.get("recognised") else None,
        place.get("path"),
    ]
    line = Text(visible(place["title"]), style="bold")
    return line.append("".join(f" · {visible(fact)}" for fact in facts if fact), style="not bold")


def _score(result: Result) -> str:
    scores = result["scores"]
    return f"score {result['score']:.2f} (meaning {scores['dense']:.2f}, words {scores['lexical']:.1f})"
