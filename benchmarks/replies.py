"""What a language model is given for the questions over real reports, and what becomes of its replies.

``python -m benchmarks.replies FOLDER`` writes each prompt to a file of the folder, and prints how many have
the whole evidence of their question.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, LLMMetadata
from llama_index.core.llms import CustomLLM
from pydantic import PrivateAttr

from benchmarks.real_reports import MOST_WORDS, opened, plain, share, words_shared
from rag.answer_limits import AnswerLimits
from rag.engine import QueryEngine
from rag.llm import LanguageModel
from rag.llm.messages import NO_ANSWER, tokens
from rag.verification import Gate
from rag.writing import Writer

SETS = ("reports", "field", "written")


class Recorder(CustomLLM):
    """Keeps what it is sent, and finds no answer."""

    _sent: list[tuple[str, ...]] = PrivateAttr(default_factory=list)

    @property
    def sent(self) -> list[tuple[str, ...]]:
        return self._sent

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="recorder")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: ANN401
        raise NotImplementedError

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:  # noqa: ANN401
        raise NotImplementedError

    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> Generator[ChatResponse]:  # noqa: ANN401
        self._sent.append(tuple(f"{message.role.value}\n{message.content}" for message in messages))

        def reply() -> Generator[ChatResponse]:
            yield ChatResponse(message=ChatMessage(role="assistant", content=NO_ANSWER), delta=NO_ANSWER)

        return reply()


@dataclass(frozen=True, slots=True)
class Prompted:
    question: Mapping[str, Any]
    messages: tuple[str, ...]
    digest: str | None
    is_whole: bool
    size: int


def prompted(engine: QueryEngine, recorder: Recorder, question: Mapping[str, Any]) -> Prompted:
    recorder.sent.clear()
    answer = engine.ask(question["question"])
    messages = recorder.sent[0] if recorder.sent else ()
    text = messages[-1] if messages else ""
    groups: dict[object, bool] = {}
    for number, each in enumerate(question["evidence"]):
        group = each.get("group", number)
        groups[group] = groups.get(group, False) or is_in(text, each, engine)
    return Prompted(
        question, messages, answer.prompt_digest, all(groups.values()), sum(map(tokens, messages))
    )


def is_in(prompt: str, evidence: Mapping[str, Any], engine: QueryEngine) -> bool:
    """Whether a line of the prompt, or two, have the evidence: most of its words, on its page."""
    name = PurePath(evidence["document"]).name
    records = engine.index.catalog.documents()
    titles = [record.title for record in records if PurePath(record.path).name == name]
    for report in prompt.split("<report ")[1:]:
        if not any(plain(title)[:80] in plain(report.partition("\n")[0]) for title in titles):
            continue
        lines = report.splitlines()
        for place in range(len(lines)):
            near = " ".join(lines[max(place - 1, 0) : place + 2])
            if words_shared(near, evidence["quote"]) >= MOST_WORDS:
                return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    for name in arguments.sets:
        found = list(_of_set(name, arguments.limit))
        folder = arguments.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for place, each in enumerate(found):
            number = each.question.get("id", f"{place:04}")
            (folder / f"{number}.json").write_text(
                json.dumps(
                    {
                        "question": each.question,
                        "messages": each.messages,
                        "digest": each.digest,
                        "whole": each.is_whole,
                    },
                    ensure_ascii=False,
                    indent=1,
                )
            )
        answerable = [each for each in found if each.question["answerable"]]
        sizes = [each.size for each in found if each.size]
        print(f"{name}: {len(found)} questions, whole evidence {share(each.is_whole for each in answerable)}")
        print(f"  tokens: median {statistics.median(sizes):,.0f}, most {max(sizes):,}; asked {len(sizes)}")
        lacking = [str(each.question.get("id")) for each in answerable if not each.is_whole]
        print("  not whole:", ", ".join(lacking))


def _of_set(name: str, limit: int | None) -> Iterator[Prompted]:
    recorder = Recorder()
    model = LanguageModel(recorder, "recorder")
    with opened(name) as (library, questions):
        writer = Writer(model, Gate())
        engine = QueryEngine(library, limits=AnswerLimits(plan_seconds=0), writer=writer)
        for question in questions[:limit]:
            yield prompted(engine, recorder, question)


if __name__ == "__main__":
    main()
