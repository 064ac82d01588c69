"""Detects the language of a text."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import regex

from index.documents import UNKNOWN_LANGUAGE
from index.private import cache_folder

if TYPE_CHECKING:
    import numpy.typing as npt
    from py3langid.langid import LanguageIdentifier

# Also the names of their files.
_ARRAYS = ("nb_ptc", "nb_pc", "nb_classes", "tk_nextmove", "tk_output", "tk_row")
_FORMS = "forms.json"  # the type and the shape of each array


def open_identifier(languages: Sequence[str], cache: Path | None = None) -> LanguageIdentifier:
    """``languages`` are ISO 639-1 codes, ``cache`` is a folder, None for the user's."""
    named = sha256(" ".join(languages).encode()).hexdigest()[:16]
    folder = (cache or cache_folder()) / f"py3langid-{version('py3langid')}-{named}-mapped"
    # If the files are missing or damaged, unpack the model below.
    with suppress(OSError, ValueError, KeyError):
        return _mapped(folder)
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(languages)
    # Nothing can be written on a full or read-only disk.
    with suppress(OSError):
        _write(identifier, folder)
    return identifier


def _mapped(folder: Path) -> LanguageIdentifier:
    import numpy as np
    from py3langid.langid import LanguageIdentifier

    # The files are not in NumPy's own format, because NumPy parses each file's header with ``ast``, which
    # fails in Python 3.11 if several threads parse at once.
    forms = json.loads((folder / _FORMS).read_text(encoding="utf-8"))

    def mapped(name: str) -> npt.NDArray[Any]:
        kind, shape = forms[name]
        return np.asarray(np.memmap(folder / name, kind, "r", shape=tuple(shape)))

    # Single numbers are read faster from a buffer than from an array.
    return LanguageIdentifier(
        mapped("nb_ptc"),
        mapped("nb_pc"),
        mapped("nb_classes").tolist(),
        mapped("tk_nextmove").data,
        mapped("tk_output").data,
        norm_probs=True,
        tk_row=mapped("tk_row").tolist(),
    )


def _write(identifier: LanguageIdentifier, folder: Path) -> None:
    """The folder is renamed when it is complete, since other processes may write it, too."""
    import numpy as np

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as temporary:
        unpacked = Path(temporary) / "model"
        unpacked.mkdir()
        arrays = {name: np.ascontiguousarray(getattr(identifier, name)) for name in _ARRAYS}
        for name, array in arrays.items():
            array.tofile(unpacked / name)
        forms = {name: [array.dtype.str, array.shape] for name, array in arrays.items()}
        (unpacked / _FORMS).write_text(json.dumps(forms), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        unpacked.rename(folder)


# From the beginning, and again from the middle, since a front page may list only names.
SAMPLE_CHARACTERS = 3000
MIN_LETTERS = 12  # about four short words; below it, only the script decides
# Below it, the result is ``und``. Of 5,661 evaluation questions of four words and more (English, Vietnamese,
# Chinese, Indonesian), 98.1 % get the right language, and 0.1 % a wrong one.
MIN_CONFIDENCE = 0.5
_CODES = (
    "ar bg ca cs da de en es et fa fi fr hi hr hu id is it lt lv mr ne nl no pl pt ro ru sk sl sq sr sv sw "
    "tl tr uk ur vi"
)
# Only the more widely spoken of two languages that share most words, which a short question cannot tell
# apart: Malay counts as Indonesian, Bosnian as Croatian.
IDENTIFIED = tuple(_CODES.split())
# Only one language, or almost only one, uses each.
_SCRIPTS = {
    "am": r"\p{Ethiopic}",
    "bn": r"\p{Bengali}",
    "el": r"\p{Greek}",
    "gu": r"\p{Gujarati}",
    "he": r"\p{Hebrew}",
    "hy": r"\p{Armenian}",
    "ka": r"\p{Georgian}",
    "km": r"\p{Khmer}",
    "kn": r"\p{Kannada}",
    "ko": r"\p{Hangul}",
    "lo": r"\p{Lao}",
    "ml": r"\p{Malayalam}",
    "my": r"\p{Myanmar}",
    "or": r"\p{Oriya}",
    "pa": r"\p{Gurmukhi}",
    "si": r"\p{Sinhala}",
    "ta": r"\p{Tamil}",
    "te": r"\p{Telugu}",
    "th": r"\p{Thai}",
    "zh": r"\p{Han}",
    "ja": r"[\p{Hiragana}\p{Katakana}]",
}
# These languages need fewer characters for a word, and often write names in Latin letters.
_LATIN_LETTERS_PER_CHARACTER = {"zh": 3, "ja": 3, "ko": 2}
_KANA_SHARE = 0.1  # among kana and Han characters: above it, a text is Japanese
_LETTER = regex.compile(r"\p{L}")
_LATIN = regex.compile(r"\p{Latin}")
_BY_SCRIPT = {language: regex.compile(rf"(?=\p{{L}}){script}") for language, script in _SCRIPTS.items()}


def detect(text: str) -> str:
    """ISO 639-1, or ``und`` if the text is too short or ambiguous. Two samples of a long text are read."""
    sample = _sample(text)
    letters = len(_LETTER.findall(sample))
    language, weight, covered = _leading_script(sample)
    if weight > letters - covered:
        return language
    if letters < MIN_LETTERS:
        return UNKNOWN_LANGUAGE
    found, confidence = _opened().classify(sample)
    return str(found) if confidence >= MIN_CONFIDENCE else UNKNOWN_LANGUAGE


def may_be_in(language: str, languages: frozenset[str] | None) -> bool:
    """True if either of the two is unknown."""
    return languages is None or language in {UNKNOWN_LANGUAGE, *languages}


def is_latin(text: str) -> bool:
    return all(_LATIN.match(letter) for letter in _LETTER.findall(text))


def fluency(text: str) -> float:
    """0 to 1; wrongly decoded text has a low one, even if every character is a letter."""
    return float(_opened().classify(_sample(text))[1])


def _sample(text: str) -> str:
    if len(text) <= 2 * SAMPLE_CHARACTERS:
        return text
    middle = len(text) // 2
    return f"{text[:SAMPLE_CHARACTERS]}\n{text[middle : middle + SAMPLE_CHARACTERS]}"


def _leading_script(sample: str) -> tuple[str, int, int]:
    """Other than Latin: its language, its weight in Latin letters, and the number of its letters."""
    if sample.isascii():
        return UNKNOWN_LANGUAGE, 0, 0
    counts = {language: len(pattern.findall(sample)) for language, pattern in _BY_SCRIPT.items()}
    east_asian = counts["zh"] + counts["ja"]
    written, other = ("ja", "zh") if counts["ja"] > _KANA_SHARE * east_asian else ("zh", "ja")
    counts[written], counts[other] = east_asian, 0
    language, covered = max(
        counts.items(), key=lambda item: item[1] * _LATIN_LETTERS_PER_CHARACTER.get(item[0], 1)
    )
    return language, covered * _LATIN_LETTERS_PER_CHARACTER.get(language, 1), covered


_opening = Lock()
_opened_once = cache(open_identifier)


def _opened() -> LanguageIdentifier:
    with _opening:
        return _opened_once(IDENTIFIED)
