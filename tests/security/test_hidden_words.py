"""No reply has a word that only hidden reports have, whatever is asked, by whom and on which route."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from itertools import count, product
from typing import Any
from urllib.parse import quote, unquote

import httpx2
import pytest
import regex
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from index.catalog import kept
from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from index.records import Viewer
from index.uploads import edit_document
from rag.conversations import AnswerStore
from rag.engine import QueryEngine
from rag.finding.spelling import english_frequency
from tests.security.attacks import NAMELESS
from tests.support.asgi import Server
from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import Accounts, CollectionLimits, Role, Scope, SignIn
from ui.app import create_app
from ui.http.access import TABLE, Requirement, session_cookie
from ui.http.openai import MODEL
from ui.page.head import ASSETS_ROUTE
from ui.settings import Settings

Json = dict[str, Any]

VAULT = "Zarquilla"
"""The collection that only bea and administrators may see."""

HARBOUR = "\n\n".join(
    f"The harbour of Harlamoor was deepened by {metres} metres, and pier {metres} was painted white again."
    for metres in range(12)
)

REPORTS: Mapping[str, str] = {
    "open/railway.md": "---\ntitle: The railway of Port Quell\npublisher: Railway Office\n---\n\n"
    "The railway from Harlamoor to Port Quell has carried trains again since June 2031. "
    "The board of the railway paid 3.1 million euros for the bridge in May 2031.",
    "open/strecke.md": "---\ntitle: Die Strecke nach Port Quell\n---\n\n"
    "Der Vorstand der Bahn bezahlte im Mai 2031 die Brücke. Die Strecke ist seit Juni wieder offen.",
    "open/harbour.txt": HARBOUR,
    "open/moved.md": "---\ntitle: The Tolvarra ledger\n---\n\n"
    "Tolvarra paid Ismeldine Brackenfold in June 2031.",
    f"{VAULT}/settlement.md": "---\ntitle: The Quillfeather settlement\npublisher: Ostravell Holdings\n"
    "author: Zephyrinda Marchbankes\n---\n\n# The Quillfeather settlement\n\n"
    "The board of Ostravell Holdings paid the Quillfeather family 4.2 million euros in May 2031. "
    "Vandermeer signed the settlement in Port Vellumar.\n\n"
    "| Payee | Euros |\n|---|---|\n| Quillfeather | 4,200,000 |\n| Dorrimond | 17,000 |\n",
    f"{VAULT}/Brückenwächter.md": "---\ntitle: Der Fall Grünwaldshausen\n---\n\n"
    "Der Vorstand von Grünwaldshausen bezahlte Hjalmarsen im Mai 2031 einen Strandvogtposten. "
    "Die Brücke wurde danach geschlossen.",
    f"{VAULT}/harbour-copy.txt": f"{HARBOUR}\n\nPier 77 of the harbour belongs to Oakhollen Trusteeship.",
    f"{VAULT}/Murkwhistle.pdf": "This is no PDF.",
}
"""The files. One is moved into the limited collection, and one cannot be read."""

QUESTION = "How much did the board of Ostravell Holdings pay the Quillfeather family?"

OPEN_QUESTION = "By how many metres was the harbour of Harlamoor deepened when pier 7 was painted white?"
"""A question that both a visible report and its hidden copy answer."""

UPLOADS = {
    "Wexcombe.md": "# Wexcombe\n\nPrunella Wexcombe left in May.\n",
    "Ulverstane.md": "# Ulverstane\n\nUlverstane was sold in May.\n",
}
"""What bea uploads into the limited collection; she deletes the second one."""

UNREAD = frozenset({"murkwhistle", "ulverstane"})
"""Words of files that are not in the library."""

WRITES = frozenset({Scope.READ, Scope.ASK, Scope.WRITE})

SENDERS: Mapping[str, frozenset[Scope]] = {
    "a member": WRITES,
    "a program of an administrator": WRITES,
    "a program of nobody": WRITES,
    **{f"a token to {scope}": frozenset({scope}) for scope in Scope if scope is not Scope.ADMIN},
    "a member's session": WRITES,
    "nobody": frozenset(),
    "a forged token": frozenset(),
}
"""The senders who may not see the collection, and their scopes."""

OWNERS = {"a member": "cai", "a program of an administrator": "ada"}
"""The users to whom tokens belong."""

Sender = Mapping[str, str]
"""The headers by which a sender is known."""


@dataclass(frozen=True)
class Vault:
    """``bea`` may see all reports; ``viewers`` are those of the tokens among the ``senders``.

    ``ids`` has, for each id in a path, values that name something hidden or nothing, and ``seen`` values that
    name something that all members may see, or cai. ``words`` are those of four letters or more, in lower
    case and without English ones, that only hidden reports have.
    """

    server: Server
    index: Library
    bea: Sender
    senders: Mapping[str, Sender]
    viewers: tuple[Viewer | None, ...]
    ids: Mapping[str, tuple[str, ...]]
    seen: Mapping[str, tuple[str, ...]]
    words: tuple[str, ...]


@pytest.fixture(scope="module")
def vault(encoder: Encoder, loading: Isolated, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """A server in this process, whose members have asked and uploaded."""
    place = tmp_path_factory.mktemp("vault")
    home, reports = place / "home", place / "reports"
    for path, text in REPORTS.items():
        (reports / path).parent.mkdir(parents=True, exist_ok=True)
        (reports / path).write_text(text, encoding="utf-8")
    with (
        pytest.MonkeyPatch.context() as patch,
        Library.open(home, encoder) as index,
        closing(Accounts.open(home)) as accounts,
    ):
        make_hashes_quick(patch)
        sync(index, [reports], reader=loading)
        [moved] = [each.document_id for each in index.catalog.documents() if each.path == "open/moved.md"]
        edit_document(index, moved, {"collection": VAULT})
        sign_in = SignIn(accounts)
        for name in ("ada", "bea", "cai"):
            accounts.users.add(name, PASSWORD, Role.ADMINISTRATOR if name == "ada" else Role.MEMBER)
        secrets = {
            name: accounts.tokens.add(name.replace(" ", "-"), sorted(scopes), owner=OWNERS.get(name))[1]
            for name, scopes in SENDERS.items()
            if scopes and "session" not in name
        }
        cookie = f"{session_cookie(sign_in)}={accounts.sessions.start(accounts.users.get('cai').user_id)}"
        senders: dict[str, Sender] = {
            **{name: bearer(secret) for name, secret in secrets.items()},
            "a member's session": {"Cookie": cookie},
            "nobody": {},
            "a forged token": bearer("fn_forged"),
        }
        viewers = {
            name: accounts.viewer(identity)
            for name, secret in secrets.items()
            if (identity := accounts.tokens.identity(secret))
        }
        bea, cai = bearer(accounts.tokens.add("bea", sorted(WRITES), owner="bea")[1]), senders["a member"]
        limits = CollectionLimits(index.catalog, accounts)
        unlimited = Settings(home=home, limit_questions=0, limit_requests=0)
        app = create_app(index, QueryEngine(index, keeps=True), unlimited, sign_in=sign_in)
        with Server(app) as server:
            limits.limit(VAULT, ["bea", "cai"])
            private = [ask(server, sender, QUESTION) for sender in (bea, cai)]
            limits.limit(VAULT, ["bea"])
            plain = ask(server, cai, OPEN_QUESTION)
            jobs = [upload(server, bea, *file) for file in UPLOADS.items()]
            deleted = server.client.get(f"/v1/jobs/{jobs[1]}", headers=bea).json()["result"]["document_id"]
            assert server.client.delete(f"/v1/documents/{deleted}", headers=bea).status_code == 204
            failures = server.client.get("/v1/failures", headers=bea).json()["failures"]
            synced = ended(server, cai, server.client.post("/v1/index/sync", headers=cai))
            of_cai = index.for_viewer(viewers["a member"])
            visible = {each.document_id for each in of_cai.catalog.documents()}
            secret = {each.document_id for each in index.catalog.documents()} - visible
            ids = {
                "document_id": tuple(map(str, (*sorted(secret), deleted, 98_765))),
                "answer_id": (*(each["answer_id"] for each in private), NAMELESS),
                "conversation_id": (*(each["conversation_id"] for each in private), NAMELESS),
                "job_id": (*jobs, NAMELESS),
                "failure_id": tuple(str(each["failure_id"]) for each in failures),
            }
            seen = {
                "document_id": tuple(map(str, sorted(visible))),
                "answer_id": (plain["answer_id"],),
                "conversation_id": (plain["conversation_id"],),
                "job_id": (synced,),
            }
            words = tuple(sorted(words_in(index) - words_in(of_cai) | UNREAD))
            assert {"quillfeather", "grünwaldshausen", "tolvarra", "oakhollen", "wexcombe"} < {*words}
            yield Vault(server, index, bea, senders, tuple(viewers.values()), ids, seen, words)


def bearer(secret: str) -> Sender:
    return {"Authorization": f"Bearer {secret}"}


def words_in(index: Library) -> set[str]:
    """The words of a library's reports, of their details and of their paths."""
    texts = [
        "\n".join(filter(None, (index.catalog.text(each.document_id).text, each.title, each.publisher,
                                each.author, each.collection, each.path)))
        for each in index.catalog.documents()
    ]  # fmt: skip
    words = {word.lower() for text in texts for word in regex.findall(r"\p{L}{4,}", text)}
    return {word for word in words if not english_frequency(word)}


def ask(server: Server, sender: Sender, question: str) -> dict[str, Any]:
    answer: dict[str, Any] = server.client.post(
        "/v1/chat", json={"question": question}, headers=sender
    ).json()
    assert not answer["abstained"]
    return answer


def upload(server: Server, sender: Sender, name: str, text: str) -> str:
    """Upload a report into the limited collection in the background, and return the id of the ended job."""
    fields = {"collection": VAULT, "background": "true"}
    file = {"file": (name, text.encode())}
    return ended(server, sender, server.client.post("/v1/documents", files=file, data=fields, headers=sender))


def ended(server: Server, sender: Sender, accepted: httpx2.Response) -> str:
    """Wait for the end of a job, and return its id."""
    job_id: str = accepted.json()["job_id"]
    deadline = time.monotonic() + 120
    while (state := server.client.get(f"/v1/jobs/{job_id}", headers=sender).json()["state"]) != "done":
        assert state != "failed"
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return job_id


MISSPELT: Mapping[str, str] = {
    "How much did they pay the Quilfeather family?": "How much did they pay the Quillfeather family?",
    "Vandermer": "Vandermeer",
    "vandermer": "vandermeer",
    "Oakholen Trusteship": "Oakhollen Trusteeship",
    "Wer ist Grünwaldshuasen?": "Wer ist Grünwaldshausen?",
    "Wer ist Vandermer?": "Wer ist Vandermeer?",
}
"""Questions with a mistake in a name of the limited collection, and what its viewers search for."""


@pytest.mark.slow
@pytest.mark.parametrize("typed", MISSPELT)
@pytest.mark.parametrize("sender", [name for name, scopes in SENDERS.items() if Scope.ASK in scopes])
def test_a_hidden_spelling_is_no_correction(vault: Vault, sender: str, typed: str) -> None:
    """In English, in another language or alone."""
    asked = {"question": typed}
    found = {
        name: vault.server.client.post("/v1/chat", json=asked, headers=headers).json()
        for name, headers in (("bea", vault.bea), (sender, vault.senders[sender]))
    }
    assert (found["bea"]["searched_for"], found[sender]["searched_for"]) == (MISSPELT[typed], None)


# What is asked

ALPHABET = "abcdefghijklmnopqrstuvwxyz"


@st.composite
def misspelt(draw: st.DrawFn, word: str) -> str:
    """A word with one mistake after its first letter."""
    at = draw(st.integers(1, len(word) - 2))
    letter = draw(st.sampled_from(ALPHABET))
    dropped, swapped = word[:at] + word[at + 1 :], word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return draw(
        st.sampled_from(
            [dropped, swapped, word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :]]
        )
    )


TEXTS = 4
"""The number of texts of an example."""

SENTENCES = (
    "{0}",
    "“{0}”",
    "{0} {1}",
    "Who is {0}?",
    "How much did the board pay {0} and {1} in May 2031?",
    "Wer ist {0}?",
    "Was hat der Vorstand im Mai 2031 an {0} bezahlt?",
    "Berapa yang dibayar oleh pemerintah kepada {0}?",
    "谁付钱给{0}？",
    "Who painted pier 7 of the harbour of Harlamoor white, and who is {0}?",
    "open/{0}.md",
    '{{"publishers": ["{0}"]}}',
)


@st.composite
def texts(draw: st.DrawFn, words: tuple[str, ...]) -> list[str]:
    """Texts that are made of hidden words: with a mistake or none, in sentences of any language, or alone."""
    sentences = draw(st.lists(st.sampled_from(SENTENCES), min_size=TEXTS, max_size=TEXTS, unique=True))
    chosen = draw(st.lists(st.sampled_from(words), min_size=2 * TEXTS, max_size=2 * TEXTS, unique=True))
    asked = []
    for word in chosen:
        typed = draw(st.one_of(misspelt(word), misspelt(word), st.just(word)))
        asked.append(draw(st.sampled_from([typed.title(), typed, typed.upper()])))
    pairs = zip(asked[:TEXTS], asked[TEXTS:], strict=True)
    return [sentence.format(*pair) for sentence, pair in zip(sentences, pairs, strict=True)]


Draw = Callable[[st.SearchStrategy[Any]], Any]


def filters(draw: Draw, text: str, vault: Vault) -> Json:
    numbers = [int(number) for number in vault.ids["document_id"]]
    given: list[Json] = [
        {},
        {},
        {"document_ids": numbers},
        {"publishers": [text, "Ostravell Holdings"]},
        {"collections": [VAULT]},
        {"languages": ["de", "en"]},
    ]
    return {"filters": draw(st.sampled_from(given))}


def tool_call(draw: Draw, text: str, vault: Vault) -> Json:
    number = int(draw(st.sampled_from(vault.ids["document_id"])))
    calls: list[tuple[str, Json]] = [
        ("ask", {"question": text}),
        ("search", {"query": text, "limit": 50}),
        ("list_documents", {"words": text}),
        ("list_documents", {}),
        ("read_span", {"document_id": number, "start": 0}),
    ]
    tool, arguments = draw(st.sampled_from(calls))
    params = {"name": tool, "arguments": arguments}
    sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return {"json": sent, "headers": {"Accept": "application/json, text/event-stream"}}


def event(draw: Draw, text: str, vault: Vault) -> Json:
    """An event of the page: a question, or a command of its script."""
    kept = {name: draw(st.sampled_from(vault.ids[name])) for name in ("answer_id", "conversation_id")}
    commands: list[Json] = [
        {"do": "ask", "question": text},
        {"do": "open", "conversation_id": kept["conversation_id"]},
        {"do": "open", "answer_id": kept["answer_id"]},
        {"do": "again", "answer_id": kept["answer_id"]},
    ]
    command = draw(st.sampled_from(commands))
    scope = json.dumps(filters(draw, text, vault)["filters"], ensure_ascii=False)
    data = [json.dumps(command, ensure_ascii=False), scope, None, kept["conversation_id"]]
    page = f"page{next(PAGES)}"  # The conversation of an earlier page has what was typed there.
    return {"json": {"data": data, "fn_index": 1, "trigger_id": None, "session_hash": page}}


PAGES = count(1)
PAGE = "page0"

Form = Callable[[Draw, str, Vault], Json]


def fixed(**sent: Any) -> Form:  # noqa: ANN401 (JSON)
    return lambda _draw, _text, _vault: {"json": sent} if sent else {}


def with_text(*names: str, **more: Any) -> Form:  # noqa: ANN401 (JSON)
    return lambda _draw, text, _vault: {"json": {**dict.fromkeys(names, text), **more}}


def message(text: str) -> list[Json]:
    return [{"role": "user", "content": text}]


def place_of(document_id: str) -> Json:
    return {"document_id": int(document_id), "version": 1, "start": 0, "end": 20}


FORMS: Mapping[str, Form] = {
    "POST /v1/search": lambda draw, text, vault: {"json": {"query": text, **filters(draw, text, vault)}},
    "POST /v1/search/batch": lambda draw, text, vault: {
        "json": {"queries": [{"query": text, **filters(draw, text, vault)}, {"query": text, "limit": 100}]}
    },
    "POST /v1/chat": lambda draw, text, vault: {
        "json": {
            "question": text,
            "stream": draw(st.booleans()),
            **draw(st.sampled_from([{}, {}, {"conversation_id": vault.ids["conversation_id"][0]}])),
            **filters(draw, text, vault),
        }
    },
    "POST /v1/feedback": lambda draw, text, vault: {
        "json": {
            "question": text,
            "verdict": "wrong",
            "note": text,
            "evidence": [
                place_of(draw(st.sampled_from([*vault.ids["document_id"], *vault.seen["document_id"]])))
            ],
        }
    },
    "POST /v1/chat/completions": lambda draw, text, _vault: {
        "json": {"messages": message(text), "stream": draw(st.booleans())}
    },
    "POST /v1/responses": lambda draw, text, _vault: {"json": {"input": text, "stream": draw(st.booleans())}},
    "POST /v1/vector_stores/{collection:path}/search": lambda draw, text, _vault: {
        "json": {"query": draw(st.sampled_from([text, [text, "board"]]))}
    },
    "POST /mcp": tool_call,
    "POST /gradio_api/queue/join": event,
    "POST /gradio_api/cancel": fixed(session_hash=PAGE, fn_index=1, event_id=NAMELESS),
    "POST /gradio_api/reset": fixed(event_id=NAMELESS),
    "POST /v1/documents": lambda draw, text, _vault: {
        "files": {
            "file": (
                draw(st.sampled_from(["settlement.md", *UPLOADS, f"{text}.md"])),
                f"# Notes\n\n{text}.\n".encode(),
            )
        },
        "data": {"title": text, "collection": draw(st.sampled_from(["", VAULT, text]))},
    },
    "POST /v1/documents/from-url": with_text("name", "title", url="https://reports.example/settlement.md"),
    "PATCH /v1/documents/{document_id}": with_text("title"),
    "DELETE /v1/documents/{document_id}": fixed(),
    "POST /v1/documents/{document_id}/restore": fixed(),
    "DELETE /v1/failures/{failure_id}": fixed(),
    "POST /v1/index/sync": fixed(),
    "DELETE /v1/jobs/{job_id}": fixed(),
    "PATCH /v1/answers/{answer_id}": fixed(shared=True),
    "DELETE /v1/answers/{answer_id}": fixed(),
    "PATCH /v1/conversations/{conversation_id}": with_text("name"),
    "DELETE /v1/conversations/{conversation_id}": fixed(),
    "POST /sign-in": lambda _draw, text, _vault: {"data": {"name": text, "password": text, "next": text}},
    "POST /sign-out": lambda _draw, text, _vault: {"data": {"next": text}},
    # For administrators.
    "PUT /v1/collections/{collection:path}/limit": with_text(to=["cai"]),
    "DELETE /v1/collections/{collection:path}/limit": fixed(),
    "POST /v1/users": with_text("name", "password"),
    "PATCH /v1/users/{name}": fixed(disabled=True),
    "DELETE /v1/users/{name}": fixed(),
    "POST /v1/tokens": with_text("name", scopes=["read"]),
    "DELETE /v1/tokens/{name}": fixed(),
    "POST /v1/index/encoder": fixed(),
    "PUT /v1/model": with_text("model", provider="openai"),
    "DELETE /v1/model": fixed(),
    "POST /v1/model/reload": fixed(),
    "POST /v1/model/test": with_text("model", provider="openai"),
    "POST /v1/model/list": with_text("address", provider="openai"),
}
"""What is sent to each route with a body, or with a method that changes something."""

ENDLESS = "GET /gradio_api/heartbeat/{session_hash}"

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")

_TYPED = ("collection", "name", "path", "rest")
"""The parameters of paths that may be any text."""

_OTHER = ("version", "suffix", "page", "session_hash")


def paths(draw: Draw, route: str, text: str, vault: Vault) -> Iterator[str]:
    """The paths of requests to a route: one for each value of the ids that it has."""
    method, path = route.split(" ")
    given = {
        "version": (ASSETS_ROUTE.rpartition("/")[2],),
        "suffix": ("md", "html", "docx"),
        "page": ("1",),
        "session_hash": (PAGE,),
        **dict.fromkeys(_TYPED, (text, VAULT, MODEL)),
    }
    names = _PARAMETER.findall(path)
    ids = [name for name in names if name in vault.ids]
    # What may be seen is only read: the next example reads it again.
    seen = vault.seen if method == "GET" else {}
    for chosen in product(*((*vault.ids[name], *seen.get(name, ())) for name in ids)):
        drawn = {name: draw(st.sampled_from(given[name])) for name in names if name not in ids}
        filled = {**drawn, **dict(zip(ids, chosen, strict=True))}
        yield _PARAMETER.sub(lambda found: quote(filled[found[1]], safe=""), path)  # noqa: B023 (used at once)


def test_every_route_is_described() -> None:
    """A new route needs values for the parameters of its path, and an entry in ``FORMS`` if it has a body."""
    known = {*_TYPED, *_OTHER, "document_id", "answer_id", "conversation_id", "job_id", "failure_id"}
    assert {name for route in TABLE for name in _PARAMETER.findall(route)} == known
    with_bodies = {route for route in TABLE if route.split(" ")[0] not in {"GET", "*"}}
    assert with_bodies == set(FORMS)


# What may be said


def said(response: httpx2.Response) -> str:
    """All that a response says: its headers, and its body, unpacked and without escapes."""
    body = response.content
    if body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"\n".join(packed.read(name) for name in packed.namelist())
    headers = "\n".join(f"{name}: {unquote(value)}" for name, value in response.headers.items())
    return shown(f"{headers}\n{body.decode('utf-8', 'replace')}")


def shown(text: str) -> str:
    text = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
    return unescape(unquote(text))


def leaked(vault: Vault, response: httpx2.Response, request: httpx2.Request) -> set[str]:
    """The hidden words in a response that the request does not have, in the same letters."""
    typed = shown(f"{request.url}\n{request.read().decode('utf-8', 'replace')}")
    found = re.findall("|".join(map(re.escape, vault.words)), said(response), re.IGNORECASE)
    return {word for word in found if word not in typed}


def responses(vault: Vault, route: str, sender: str, request: httpx2.Request) -> Iterator[httpx2.Response]:
    """Send a request, and what a page sends after it; take back what it has stored."""
    client = vault.server.client
    client.cookies.clear()
    response = client.send(request, follow_redirects=False)
    yield response
    if route == "POST /gradio_api/queue/join" and response.status_code == 200:
        page = {"session_hash": json.loads(request.read())["session_hash"]}
        yield client.get("/gradio_api/queue/data", params=page, headers=vault.senders[sender])
    if route == "POST /v1/documents" and response.status_code == 201:
        number = response.json()["document_id"]
        yield client.get(f"/v1/documents/{number}", headers=vault.senders[sender])
        yield client.delete(f"/v1/documents/{number}", headers=vault.senders[sender])
    if TABLE[route] is Scope.ASK or route == "POST /mcp":
        forget_what_was_typed(vault)


def forget_what_was_typed(vault: Vault) -> None:
    """Delete all answers but those that the vault began with: their questions are words of their senders."""
    for viewer in vault.viewers:
        store = AnswerStore(vault.index.catalog.for_viewer(viewer))
        for each in store.list_conversations()[0]:
            if each.conversation_id not in vault.seen["conversation_id"]:
                store.delete_conversation(each.conversation_id)
    with vault.index.catalog.engine.connect() as connection:
        stored = set(connection.scalars(sa.select(kept.c.id)))
    for answer_id in stored - {*vault.ids["answer_id"], *vault.seen["answer_id"]}:
        AnswerStore(vault.index.catalog).delete(answer_id)


def senders_of(route: str) -> st.SearchStrategy[str]:
    """The senders of a request; most of them may send it."""
    needed = TABLE[route]
    able = [name for name, scopes in SENDERS.items() if isinstance(needed, Requirement) or needed in scopes]
    anyone = st.sampled_from(list(SENDERS))
    return st.one_of(st.sampled_from(able), st.sampled_from(able), anyone) if able else anyone


@pytest.mark.slow
@pytest.mark.parametrize("route", TABLE)
def test_a_reply_has_no_word_that_only_hidden_reports_have(vault: Vault, route: str) -> None:
    is_asked = TABLE[route] is Scope.ASK or route == "POST /mcp"

    @settings(
        max_examples=6 if is_asked else 2,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def replies(data: st.DataObject) -> None:
        for text in data.draw(texts(vault.words)):
            sender = data.draw(senders_of(route))
            method = route.split(" ", 1)[0].replace("*", data.draw(st.sampled_from(["TRACE", "PUT"])))
            sent = FORMS.get(route, listed)(data.draw, text, vault)
            headers = {**vault.senders[sender], **sent.pop("headers", {})}
            for path in paths(data.draw, route, text, vault):
                if route == ENDLESS:
                    assert vault.server.begin(method, path, headers).status in {200, 401, 403}
                    continue
                request = vault.server.client.build_request(method, path, headers=headers, **sent)
                for response in responses(vault, route, sender, request):
                    assert leaked(vault, response, request) == set()

    replies()


def listed(draw: Draw, text: str, _vault: Vault) -> Json:
    """The query of a request that only reads."""
    queries: list[Json] = [
        {},
        {"query": text},
        {"query": "harbour", "from": 1, "to": 1},
        {"brief": "true"},
        {"cursor": text},
    ]
    return {"params": draw(st.sampled_from(queries))}
