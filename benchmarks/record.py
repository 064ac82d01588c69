"""Records what a refactoring must keep, and compares two records.

``python -m benchmarks.record write FILE [--keep FOLDER]``; with ``FOOTNOTED_EVAL_DATA``, a quarter of an
hour. ``python -m benchmarks.record compare OLD NEW`` prints what differs, and ends with 1 if anything does.

A copy of this file records another checkout, so it imports only faces that stay: what ``docs/python.md``
names, the HTTP interface, and ``library.catalog.reading()``. Ids, times and last digits are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.testclient import TestClient

from index import DocumentRecord, Library, Span, open_encoder, sync
from rag import QueryEngine
from ui.app import create_app
from ui.client import LocalClient

ROOT = Path(__file__).parent.parent
DATA = os.environ.get("FOOTNOTED_EVAL_DATA")

DATA_FOLDERS = ("documents", "reports", "field", "tables")

OWN_QUESTIONS = {
    ROOT / "seeds" / "questions.jsonl": 15,
    ROOT / "tests" / "rag" / "follow_ups" / "followups.jsonl": 20,
}
DATA_QUESTIONS = {
    "reports/questions.jsonl": 125,
    "field/questions.jsonl": 85,
    "squad2/queries.jsonl": 20,
    "clapnq/queries.jsonl": 15,
    "mlqa-vi/queries.jsonl": 10,
    "mlqa-zh/queries.jsonl": 10,
    "tydi-id/queries.jsonl": 10,
}
QUESTIONS_ABOUT_DATA = {
    ROOT / "benchmarks" / "questions" / "documents.jsonl": 100,
    ROOT / "benchmarks" / "questions" / "held_out.jsonl": 50,
    ROOT / "tests" / "rag" / "follow_ups" / "hurried.jsonl": 30,
    ROOT / "tests" / "rag" / "follow_ups" / "real_reports.jsonl": 10,
}
"""With how many of each are asked."""

REQUESTS = ("shorter", "tell me more", "as a table", "thanks")
"""Messages that follow the first questions, which are no questions themselves."""

_NO_TWO_RUNS_SHARE = frozenset({"answer_id", "conversation_id", "created", "added", "generation", "timings"})
_FILE_TIME = 1_750_000_000
"""Because a report without a date has that of its file."""

_MOST_SHOWN = 2_000
"""Of a longer value, the characters around the first difference."""

_MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class Difference:
    """``place`` has the keys that lead to the values."""

    place: tuple[str, ...]
    old: object
    new: object

    @property
    def field(self) -> str:
        """The place without the entry and without numbers, such as ``answers: citations.quote``."""
        return f"{self.place[0]}: {'.'.join(key for key in self.place[2:] if not key.isdigit()) or 'entry'}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 if the compared records differ, else 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    write = commands.add_parser("write", help="record this checkout")
    write.add_argument("file", type=Path)
    write.add_argument("--samples", type=Path, nargs="+", help="folders of files to index")
    write.add_argument("--questions", type=Path, nargs="+", help="JSON Lines with text or question, history")
    write.add_argument("--limit", type=int, help="the most questions and conversations")
    write.add_argument("--keep", type=Path, help="where the library stays; another schema cannot open it")
    compare = commands.add_parser("compare", help="print what differs")
    compare.add_argument("old", type=Path)
    compare.add_argument("new", type=Path)
    compare.add_argument("--common", action="store_true", help="only what both records have")
    compare.add_argument("--show", type=int, default=5, help="differences to show of each section")
    chosen = parser.parse_args(arguments)
    if chosen.command == "compare":
        old, new = (json.loads(file.read_text(encoding="utf-8")) for file in (chosen.old, chosen.new))
        return print_differences(old, new, common=chosen.common, show=chosen.show)
    conversations = _conversations(chosen.questions, chosen.limit)
    with nullcontext(chosen.keep) if chosen.keep else TemporaryDirectory() as folder:
        made = record(Path(folder), chosen.samples or _samples(), conversations)
    text = json.dumps(made, sort_keys=True, ensure_ascii=False, indent=1)
    chosen.file.write_text(f"{text}\n", encoding="utf-8")
    return 0


def _samples() -> list[Path]:
    return [ROOT / "seeds", *(Path(DATA) / name for name in DATA_FOLDERS if DATA)]


def _conversations(files: Sequence[Path] | None, limit: int | None) -> list[tuple[str, ...]]:
    """The messages of each; most have one. With ``limit``, pick from everywhere."""
    if files:
        counts: Mapping[Path, int | None] = dict.fromkeys(files)
    else:
        about_data = {Path(DATA) / name: count for name, count in DATA_QUESTIONS.items()} if DATA else {}
        counts = {**OWN_QUESTIONS, **(QUESTIONS_ABOUT_DATA if DATA else {}), **about_data}
    found: list[tuple[str, ...]] = []
    for file, count in counts.items():
        with file.open(encoding="utf-8") as lines:
            own = [_messages(json.loads(line)) for line in lines if line.strip()]
        found += _spread(list(dict.fromkeys(own)), count)
    found = [*((*messages, request) for messages, request in zip(found, REQUESTS, strict=False)), *found]
    return _spread(list(dict.fromkeys(found)), limit)


def _messages(row: Mapping[str, Any]) -> tuple[str, ...]:
    before = (each if isinstance(each, str) else each["question"] for each in row.get("history", ()))
    return (*before, row.get("question") or row["text"])


def _spread(conversations: Sequence[tuple[str, ...]], count: int | None) -> list[tuple[str, ...]]:
    """At equal distances."""
    most = len(conversations)
    count = most if count is None else min(count, most)
    return [conversations[at * most // count] for at in range(count)]


def record(
    folder: Path, samples: Sequence[Path], conversations: Sequence[tuple[str, ...]]
) -> dict[str, dict[str, Any]]:
    """``samples`` are folders of different names; ``folder`` gets the copies and the library."""
    copies = folder / "samples"
    for sample in samples:
        _copy(sample, copies / sample.name)
    with Library.open(folder / "home", open_encoder()) as library:
        _say("indexing")
        failed = sync(library, [copies]).failed
        engine = QueryEngine(library, keeps=True)
        server = TestClient(create_app(library, engine), base_url="http://127.0.0.1")
        records = library.catalog.documents()
        paths = {each.document_id: each.path for each in records}
        _say(f"recording {len(records)} documents")
        documents = {each.path: _document(library, server, each, paths) for each in records}
        client, answers = LocalClient(engine), {}
        for number, messages in enumerate(conversations):
            if not number % 50:
                _say(f"{number} of {len(conversations)} questions")
            answers[" / ".join(messages)] = _answers(client, messages, paths)
        return {
            "documents": documents,
            "failures": {each.path: each.cause.replace(str(copies), "") for each in failed},
            "answers": answers,
            "openapi": server.get("/openapi.json").raise_for_status().json(),
        }


def _copy(source: Path, target: Path) -> None:
    for file in source.rglob("*"):
        copied = target / file.relative_to(source)
        if file.is_file() and not copied.exists():
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copied)
            os.utime(copied, (_FILE_TIME, _FILE_TIME))


def _document(
    library: Library, server: TestClient, known: DocumentRecord, paths: Mapping[int, str]
) -> dict[str, Any]:
    """Also its passages, and a digest of the boxes of each page."""
    place = f"/v1/documents/{known.document_id}"
    details, text = (server.get(url).raise_for_status().json() for url in (place, f"{place}/text"))
    with library.catalog.reading() as reader:
        pages = range(1, (known.pages or 0) + 1)
        layouts = reader.layouts(known.document_id, known.version, pages)
        passages = sorted(
            reader.passages(document_id=known.document_id), key=lambda each: (each.span, each.sentences)
        )
    return {
        **_plain({**details, **text}, paths),
        "sha256": sha256(text["text"].encode()).hexdigest(),
        "chunks": [
            {
                "span": _ends(each.span),
                "sentences": [_ends(sentence) for sentence in each.sentences],
                "header": _ends(each.header) if each.header else None,
            }
            for each in passages
        ],
        "boxes": {
            str(page): f"{layout.width:.2f} {layout.height:.2f} {sha256(layout.boxes).hexdigest()}"
            for page, layout in layouts.items()
        },
    }


def _ends(span: Span) -> list[int]:
    return [span.start, span.end]


def _answers(client: LocalClient, messages: Sequence[str], paths: Mapping[int, str]) -> list[dict[str, Any]]:
    """Of their passages only the place, without words and score."""
    answers, conversation = [], None
    for message in messages:
        answer = client.ask(message, conversation_id=conversation)
        conversation = answer.conversation_id
        made = answer.as_dict()
        passages = [
            {key: value for key, value in each.items() if key not in {"text", "score"}}
            for each in made["passages"]
        ]
        answers.append(_plain({**made, "passages": passages}, paths))
    return answers


def _plain(value: Any, paths: Mapping[int, str]) -> Any:  # noqa: ANN401
    """As JSON has it, with paths in place of the documents' numbers."""
    if isinstance(value, Mapping):
        kept = {key: _plain(each, paths) for key, each in value.items() if key not in _NO_TWO_RUNS_SHARE}
        if kept.get("document_id") is not None:
            kept["document_id"] = paths[kept["document_id"]]
        if kept.get("document_ids"):
            kept["document_ids"] = [paths[number] for number in kept["document_ids"]]
        return kept
    if isinstance(value, list | tuple):
        return [_plain(each, paths) for each in value]
    return round(value, 2) if isinstance(value, float) else value


def print_differences(
    old: Mapping[str, Any], new: Mapping[str, Any], *, common: bool = False, show: int = 5
) -> int:
    """Return 1 if there are any. ``common`` leaves out entries of only one; ``show`` is for each section."""
    found: list[Difference] = []
    for section in sorted(old.keys() | new.keys()):
        before, after = old.get(section, {}), new.get(section, {})
        if common:
            shared = before.keys() & after.keys()
            before, after = ({key: each[key] for key in shared} for each in (before, after))
        own = list(differences(before, after, (section,)))
        entries = len(before.keys() | after.keys())
        print(f"{section}: {len({each.place[1] for each in own})} of {entries} entries differ")
        for field, count in Counter(each.field for each in own).most_common():
            print(f"  {count} × {field}")
        for each in own[:show]:
            was, now = _shown(each.old, each.new)
            print(f"\n  {' › '.join(each.place)}\n    old: {was}\n    new: {now}")
        found += own
    return int(bool(found))


def differences(old: object, new: object, place: tuple[str, ...]) -> Iterator[Difference]:
    """Of two lists, only the first items that differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from differences(old.get(key, _MISSING), new.get(key, _MISSING), (*place, key))
    elif isinstance(old, list) and isinstance(new, list):
        at = next(
            (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
        )
        if at < min(len(old), len(new)):
            yield from differences(old[at], new[at], (*place, str(at)))
        if len(old) != len(new):
            yield Difference((*place, "length"), len(old), len(new))
    elif old != new:
        yield Difference(place, old, new)


def _shown(old: object, new: object) -> tuple[str, str]:
    was, now = (
        each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in (old, new)
    )
    pairs = enumerate(zip(was, now, strict=False))
    first = next((at for at, (a, b) in pairs if a != b), min(len(was), len(now)))
    begin = max(0, first - _MOST_SHOWN // 4)
    return _part(was, begin), _part(now, begin)


def _part(text: str, begin: int) -> str:
    return text if len(text) <= _MOST_SHOWN else f"… {text[begin : begin + _MOST_SHOWN]!r} …"


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
