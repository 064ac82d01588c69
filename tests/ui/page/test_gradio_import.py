"""Importing Gradio without its slow steps."""

from __future__ import annotations

from pathlib import Path

from tests.support.processes import run_script


def run(script: str) -> str:
    """Run a script in a process that has not imported Gradio; returns its output."""
    done = run_script(script)
    assert done.returncode == 0, done.stderr
    return done.stdout


IMPORT = """
import sys
from ui.page.gradio_routes import quick_gradio_import

before = list(sys.meta_path)
with quick_gradio_import():
    import gradio
assert sys.meta_path == before
"""


def test_the_import_writes_no_stubs() -> None:
    output = run(
        "from pathlib import Path\n"
        "written = []\n"
        "write = Path.write_text\n"
        "def noted(path, *rest, **more):\n"
        "    written.append(path)\n"
        "Path.write_text = noted\n"
        # A version of Gradio whose stubs are missing would write them all.
        "exists = Path.exists\n"
        "Path.exists = lambda path, **more: path.suffix != '.pyi' and exists(path, **more)\n"
        + IMPORT
        + "print(written)"
    )

    assert output.strip() == "[]"


def test_the_import_leaves_out_mcp_which_can_be_imported_later() -> None:
    output = run(IMPORT + "print('mcp' in sys.modules)\nimport mcp.server\nprint('mcp' in sys.modules)")

    assert output.split() == ["False", "True"]


def test_an_error_of_the_import_is_raised_and_leaves_nothing_behind() -> None:
    output = run(
        "import sys\nfrom ui.page.gradio_routes import quick_gradio_import\n"
        "before = list(sys.meta_path)\n"
        "try:\n    with quick_gradio_import():\n        raise ImportError('gradio')\n"
        "except ImportError as error:\n    print(error, sys.meta_path == before, 'mcp' in sys.modules)"
    )

    assert output.split() == ["gradio", "True", "False"]


def test_a_server_sends_its_page_without_importing_mcp(tmp_path: Path) -> None:
    output = run(
        "import sys\n"
        "from pathlib import Path\n"
        "from fastapi.testclient import TestClient\n"
        "from ui.app import create_app\n"
        "from ui.opening import open_engine, open_library\n"
        "from ui.settings import Settings\n"
        f"settings = Settings(home=Path({str(tmp_path)!r}))\n"
        "with open_library(settings) as index, open_engine(settings, index, stored=False) as engine:\n"
        "    with TestClient(create_app(index, engine, settings)) as client:\n"
        "        print(client.get('/').status_code, 'mcp' in sys.modules)\n"
    )

    assert output.split() == ["200", "False"]
