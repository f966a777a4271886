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
from tests.fleet.web.process import START, console_process, settings_file


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
    assert "give a readable CSV" in done.stderr
