"""The head of the page: its styles and scripts, and the constants that the scripts share with the server."""

from __future__ import annotations

import json
import re
from html import unescape

from ui.page.head import ADMINISTRATION_STYLES, ASSETS, CONSTANTS, HEAD, MODULES, SIGN_IN_STYLES, STYLES


def test_the_head_carries_the_constants_of_the_server() -> None:
    content = re.search(r'<meta name="footnoted" content="([^"]*)">', HEAD)
    assert content is not None
    constants = json.loads(unescape(content[1]))
    assert constants == json.loads(json.dumps(CONSTANTS))
    assert constants["LANGUAGES"] == ["en", "id", "km", "vi", "zh"]
    assert constants["EXPORT_FORMATS"] == ["md", "html", "docx"]
    assert constants["JUDGEMENTS"] == ["right", "wrong", "unanswerable"]
    assert constants["MAX_QUESTION_CHARACTERS"] == 2000


def test_the_script_exports_each_constant() -> None:
    script = (ASSETS / "constants.js").read_text(encoding="utf-8")
    assert re.findall(r"^  ([A-Z_]+),$", script, re.MULTILINE) == list(CONSTANTS)


def test_the_head_names_every_style_and_every_module() -> None:
    used = {*STYLES, *SIGN_IN_STYLES, *ADMINISTRATION_STYLES}
    assert sorted(used) == sorted(path.stem for path in (ASSETS / "styles").iterdir())
    assert re.findall(r'rel="stylesheet" href="[^"]*/styles/([a-z]+)\.css"', HEAD) == list(STYLES)
    assert len(MODULES) == len(set(re.findall(r'rel="modulepreload" href="[^"]*?/([a-z0-9_/]+\.js)"', HEAD)))
