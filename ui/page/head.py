"""The head of the page: the styles and scripts around Gradio's conversation."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import babel
from babel.numbers import format_decimal

from index.documents import MAX_COLLECTION_CHARACTERS, UNKNOWN_LANGUAGE
from index.loaders import SUFFIXES
from rag.conversations import Judgement
from rag.questions import MAX_QUESTION_CHARACTERS
from ui.accounts import Role, Scope
from ui.accounts.identity import MAX_CHARACTERS
from ui.accounts.users import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS
from ui.export import FORMATS
from ui.http.answers import MAX_LISTED
from ui.http.documents import MAX_QUERY_CHARACTERS
from ui.http.request_bodies import MAX_DETAIL_CHARACTERS, MAX_NAME_CHARACTERS, MAX_NOTE_CHARACTERS

if TYPE_CHECKING:
    from gradio.themes import Base

ENGLISH = "en"

_FOLDER = Path(__file__).parent / "assets" / "locales"
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Locale:
    language: str
    words: Mapping[str, str]

    def text(self, key: str, **values: str | int) -> str:
        """The number ``count`` chooses the plural form. Raises KeyError if not even English has the key."""
        count = values.get("count")
        for locale in (self, locale_in(ENGLISH)):
            form = key
            if isinstance(count, int):
                form = f"{key}.{babel.Locale(locale.language).plural_form(count)}"
            if pattern := locale.words.get(form) or locale.words.get(f"{key}.other"):
                return _PLACE.sub(lambda place: self._written(values[place[1]]), pattern)
        raise KeyError(key)

    def _written(self, value: str | int) -> str:
        return format_decimal(value, locale=self.language) if isinstance(value, int) else value


@cache
def locale_in(language: str) -> Locale:
    """Raises FileNotFoundError if there is no such language."""
    return Locale(language, json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8")))


@cache
def languages() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


def locale_for(accepted: str | None) -> Locale:
    """Take the highest weight (RFC 9110, 12.5.4), and of a tag its first part; else English."""
    ranked = sorted(map(_weighed, (accepted or "").split(",")), key=lambda each: -each[1])
    chosen = (language for language, weight in ranked if weight > 0 and language in languages())
    return locale_in(next(chosen, ENGLISH))


def _weighed(part: str) -> tuple[str, float]:
    tag, _, parameter = part.partition(";")
    name, _, value = parameter.partition("=")
    try:
        weight = float(value) if name.strip() == "q" else 1.0
    except ValueError:
        weight = 0.0
    return tag.strip().lower().partition("-")[0], weight


def gradio_words(prefix: str) -> dict[str, dict[str, str]]:
    """By language and key, for Gradio's ``I18n``, which would show the key of a string that is missing."""
    english = locale_in(ENGLISH).words
    keys = [key for key in english if key.startswith(prefix)]
    return {
        language: {key: locale_in(language).words.get(key) or english[key] for key in keys}
        for language in languages()
    }


CONSTANTS = {
    "LANGUAGES": languages(),
    "UNKNOWN_LANGUAGE": UNKNOWN_LANGUAGE,
    "SUFFIXES": tuple(sorted(SUFFIXES)),
    "EXPORT_FORMATS": tuple(form.suffix for form in FORMATS),
    "JUDGEMENTS": get_args(Judgement),
    "MAX_QUESTION_CHARACTERS": MAX_QUESTION_CHARACTERS,
    "MAX_QUERY_CHARACTERS": MAX_QUERY_CHARACTERS,
    "MAX_NOTE_CHARACTERS": MAX_NOTE_CHARACTERS,
    "MAX_NAME_CHARACTERS": MAX_NAME_CHARACTERS,
    "MAX_COLLECTION_CHARACTERS": MAX_COLLECTION_CHARACTERS,
    "MAX_DETAIL_CHARACTERS": MAX_DETAIL_CHARACTERS,
    "MAX_CONVERSATIONS": MAX_LISTED,
    "ROLES": tuple(Role),
    "SCOPES": tuple(Scope),
    "MAX_ACCOUNT_CHARACTERS": MAX_CHARACTERS,
    "MIN_PASSWORD_CHARACTERS": MIN_PASSWORD_CHARACTERS,
    "MAX_PASSWORD_CHARACTERS": MAX_PASSWORD_CHARACTERS,
}


def _digest_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


ASSETS = Path(__file__).parent / "assets"
# It changes with the contents: browsers cache files for ever, and must not mix two versions.
ASSETS_ROUTE = f"/footnoted/{_digest_of(ASSETS)[:12]}"
# The style sheets in ``assets/styles``, in cascade order: a later one may override an earlier one.
STYLES = ("theme", "gradio", "desk", "controls", "answer", "library", "source", "print")
SIGN_IN_STYLES = ("theme", "sign_in")

ADMINISTRATION_STYLES = ("theme", "controls", "administration")

# Sets the dark colours of the pages that Gradio does not draw, before the browser shows them.
DARK_SCRIPT = """
if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.className = "dark";
"""
LABELS = "labels.js"  # the only script that is not a module: it must run before Gradio's scripts
_ALL_MODULES = sorted(
    path.relative_to(ASSETS).as_posix() for path in ASSETS.rglob("*.js") if path.name != LABELS
)

ADMINISTRATION_MODULES = [name for name in _ALL_MODULES if name.startswith("administration/")]

# ``main.js`` and all modules that it imports, which the browser thus fetches at once.
MODULES = [name for name in _ALL_MODULES if name not in ADMINISTRATION_MODULES]


def style_links(names: Iterable[str]) -> str:
    return "\n".join(f'<link rel="stylesheet" href="{ASSETS_ROUTE}/styles/{name}.css">' for name in names)


def module_links(names: Iterable[str]) -> str:
    return "\n".join(f'<link rel="modulepreload" href="{ASSETS_ROUTE}/{name}">' for name in names)


CONSTANTS_ELEMENT = f'<meta name="footnoted" content="{escape(json.dumps(CONSTANTS))}">'

HEAD = f"""
<meta name="robots" content="noindex">
{CONSTANTS_ELEMENT}
{style_links(STYLES)}
{module_links(MODULES)}
<link rel="preload" href="{ASSETS_ROUTE}/locales/en.json" as="fetch" crossorigin>
<script src="{ASSETS_ROUTE}/{LABELS}"></script>
<script type="module" src="{ASSETS_ROUTE}/main.js"></script>
"""


SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "DejaVu Sans Mono", "monospace")

_GROUND_AND_TEXT = {
    "body_background_fill": "#fbfaf8",
    "body_background_fill_dark": "#16181b",
    "body_text_color": "#1d1c1a",
    "body_text_color_dark": "#e9e6e0",
}

_PALETTE = {
    "body_text_color_subdued": "muted",
    "background_fill_primary": "ground",
    "background_fill_secondary": "raised",
    "border_color_primary": "line",
    "border_color_accent": "accent",
    "block_background_fill": "ground",
    "block_border_color": "line",
    "block_label_text_color": "muted",
    "block_title_text_color": "text",
    "input_background_fill": "raised",
    "input_background_fill_focus": "raised",
    "input_border_color": "line",
    "input_border_color_focus": "accent",
    "input_placeholder_color": "muted",
    "link_text_color": "accent",
    "link_text_color_hover": "accent-strong",
    "link_text_color_visited": "accent",
    "link_text_color_active": "accent-strong",
    "button_secondary_background_fill": "raised",
    "button_secondary_background_fill_hover": "raised",
    "button_secondary_border_color": "line",
    "button_secondary_border_color_hover": "accent",
    "button_secondary_text_color": "text",
}


def footnoted_theme() -> Base:
    from gradio.themes import Base

    colours = {
        f"{variable}{suffix}": f"var(--fn-{colour})"
        for variable, colour in _PALETTE.items()
        for suffix in ("", "_dark")
    }
    return Base(font=SANS, font_mono=MONO).set(**_GROUND_AND_TEXT, **colours)
