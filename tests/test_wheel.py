"""The wheel stands alone: no file of the checkout is needed from its installation to the first answer."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from tests.support.processes import ROOT, environment, serving

pytestmark = pytest.mark.slow

REPORT = "Police in Harlamoor arrested 41 suspects over two days."


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel, and with the packages that the wheel depends on.

    These come from the environment of the tests, whose link to this checkout does not count here: Python
    reads such links in an environment's own folder only.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip("--python", python, "install", "--no-deps", "--no-index", wheel)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_wheel_has_the_three_packages_and_what_they_read(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    kept = {
        file.relative_to(ROOT).as_posix()
        for package in ("index", "rag", "ui")
        for file in (ROOT / package).rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    assert {name for name in packed if ".dist-info/" not in name} == kept


def test_an_installed_wheel_serves_the_first_question_from_an_empty_folder(
    python: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    command = [str(python.with_name("footnoted"))]
    found = subprocess.run(
        [python, "-c", "import index, rag, ui; print(index.__file__, rag.__file__, ui.__file__)"],
        cwd=tmp_path / "empty",
        env=environment(PYTHONPATH=""),
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(Path(place).is_relative_to(python.parent.parent) for place in found.stdout.split())
    with (
        serving(
            tmp_path / "home", command=command, folder=tmp_path / "empty", PYTHONPATH="", HOME=str(tmp_path)
        ) as server,
        httpx.Client(base_url=server.address, timeout=120, trust_env=False) as http,
    ):
        assert "<gradio-app" in http.get("/").text
        added = http.post("/v1/documents", files={"file": ("raids.txt", REPORT)})
        assert added.status_code == 201, added.text
        answer = http.post("/v1/chat", json={"question": "How many suspects were arrested?"}).json()
        assert [cited["quote"] for cited in answer["citations"]] == [REPORT]
        assert server.stop() == (0, "", "Starting…\n")
    assert list((tmp_path / "empty").iterdir()) == []
