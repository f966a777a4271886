# SPDX-License-Identifier: Apache-2.0
"""The console's process and the import commands, as they are started."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.fleet.books import SAMPLES
from tests.fleet.operators.people import KEY_BYTES
from tests.fleet.web.process import CLOSED, START, closed_settings_file, console_process, running, settings_file


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sqlite_template, tmp_path / "fleet.db"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", START, *arguments], capture_output=True, text=True, check=False)


def test_the_first_line_tells_an_address_that_answers(tmp_path: Path, database: Path) -> None:
    with console_process(tmp_path, database) as address:
        assert address.startswith("http://127.0.0.1:")
        answer = httpx.get(address + "healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert "server" not in answer.headers
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_port_in_use_is_told_with_a_remedy(tmp_path: Path, database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        file = settings_file(tmp_path, database, taken.getsockname()[1])
        done = run("web", "--config", str(file))
    assert done.returncode == 2
    assert "Free the port or set web.port." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_console_behind_a_proxy_believes_what_the_proxy_says_of_who_asks(tmp_path: Path, database: Path) -> None:
    origin = 'origin = "https://console.example"\n'
    with running(closed_settings_file(tmp_path, database, KEY_BYTES, origin)) as address:
        asked = [
            httpx.get(address + "metrics", headers=headers).status_code
            for headers in ({}, {"X-Forwarded-For": "203.0.113.7"}, {"Host": "console.example"})
        ]
        form = httpx.get(address + "sign-in", headers={"Host": "console.example"})
    assert asked == [200, 303, 303]
    assert form.headers["set-cookie"].startswith("__Host-dipchip=")


def test_a_console_with_no_proxy_believes_nobody_who_claims_to_be_one(tmp_path: Path, database: Path) -> None:
    with running(closed_settings_file(tmp_path, database, KEY_BYTES)) as address:
        assert httpx.get(address + "metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 200
        assert httpx.get(address + "coverage").status_code == 303


OPEN_BY_MISTAKE = {
    "": "web.operator_key is not set",
    CLOSED: "operators.key: not readable text",
    "sign_in = false\n": 'sign_in = false is for profile = "test" without an origin',
    'profile = "live"\nsign_in = false\n': 'sign_in = false is for profile = "test" without an origin',
    'profile = "test"\nsign_in = false\norigin = "https://console.example"\n': (
        'sign_in = false is for profile = "test" without an origin'
    ),
    'origin = "http://console.example"\n': "web.origin",
    'origin = "https://console.example/"\n': "web.origin",
}
# Tells a line of JSON of each file of settings: the code it ended with, what it printed, and what it said.
EACH = """
import json, os, sys, tempfile
from fleet.entrypoints.cli import main
real = os.dup(1)
for file in sys.argv[1:]:
    sys.argv = ["dipchip-fleet", "web", "--config", file]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        os.dup2(out.fileno(), 1), os.dup2(err.fileno(), 2)
        code = None
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush(), sys.stderr.flush()
        out.seek(0), err.seek(0)
        os.write(real, json.dumps([code, out.read().decode(), err.read().decode()]).encode() + b"\\n")
"""


@pytest.fixture(scope="module")
def mistakes(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """How the console ends with each of the settings, tried one after the other in a process that imports it once."""
    files = []
    for who in OPEN_BY_MISTAKE:
        folder = tmp_path_factory.mktemp("mistake")
        database = Path(shutil.copy(sqlite_template, folder / "fleet.db"))
        files.append(str(settings_file(folder, database, who=who)))
    command = [sys.executable, "-c", EACH, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {who: (code, out, err) for who, (code, out, err) in zip(OPEN_BY_MISTAKE, told, strict=True)}


@pytest.mark.parametrize("who", OPEN_BY_MISTAKE)
def test_a_console_that_would_be_open_by_mistake_does_not_start(
    mistakes: dict[str, tuple[int, str, str]], who: str
) -> None:
    code, out, err = mistakes[who]
    assert (code, out) == (2, "")
    assert OPEN_BY_MISTAKE[who] in err
    assert "Traceback" not in err


def test_the_samples_are_imported_and_shown_as_made_up(tmp_path: Path, database: Path) -> None:
    config = str(settings_file(tmp_path, database))
    for kind, rows in (("denominators", 154), ("official", 154), ("indicators", 23)):
        sample = str(SAMPLES / f"made-up-{kind}.csv")
        done = run(kind, "--config", config, sample, "--source", "sample", "--by", "tester", "--made-up")
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert (said["kind"], said["rows"], said["made_up"]) == (kind, rows, True)
    with console_process(tmp_path, database) as address:
        answer = httpx.get(address + "api/v1/coverage", params={"year": "2569", "figures": "official"}).json()
    assert answer["basis"]["made_up"] is True
    assert answer["national"]["national"]["percent_of_all"] == "48.05"


def test_a_bad_file_is_refused_in_both_languages(tmp_path: Path, database: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("fiscal_year,province,b1,b2\n2570,41,x,1\n", encoding="utf-8")
    config = str(settings_file(tmp_path, database))
    done = run("denominators", "--config", config, str(bad), "--source", "s", "--by", "b")
    assert done.returncode == 2
    assert "row 2, column b1: found text" in done.stderr
    assert "แถวที่ 2 คอลัมน์ b1: พบข้อความ" in done.stderr


def test_a_file_that_is_not_there_is_told_with_a_remedy(tmp_path: Path, database: Path) -> None:
    config = str(settings_file(tmp_path, database))
    done = run("official", "--config", config, str(tmp_path / "none.csv"), "--source", "s", "--by", "b")
    assert done.returncode == 2
    assert "give a readable file" in done.stderr
