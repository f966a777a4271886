# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet alert` and the process `dipchip-fleet alerts`, as a technician starts them."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from fleet import audit, config
from fleet.alerts import book, watch
from fleet.alerts.rules import RuleId
from fleet.entrypoints import alerts
from fleet.entrypoints.cli import app
from fleet.errors import ConfigError, FleetError
from fleet.store.session import open_engine, reading, unit_of_work
from tests.fleet.alerts.letters import SOMEBODY, alarm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

START = "from fleet.entrypoints.cli import main; main()"


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path) -> Path:
    shutil.copy(sqlite_template, tmp_path / "fleet.db")
    settings = tmp_path / "alerts.toml"
    settings.write_text('database_url = "sqlite:///fleet.db"\n')
    return settings


@pytest.fixture
def engine(file: Path) -> Iterator[Engine]:
    engine = open_engine(config.read(file).database_url)
    yield engine
    engine.dispose()


def run(file: Path, *words: str) -> list[dict[str, object]]:
    done = CliRunner().invoke(app, ["alert", *words, "--config", str(file)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def raised(engine: Engine, rule: RuleId = RuleId.READER) -> None:
    with unit_of_work(engine) as connection:
        book.add(connection, alarm(1, rule))


def test_an_alarm_is_listed_acknowledged_and_ended_and_each_act_is_logged(file: Path, engine: Engine) -> None:
    raised(engine, RuleId.SECURITY)
    (shown,) = run(file, "list", "--scope", "province:41")
    assert (shown["severity"], shown["subject"]) == ("critical", "kiosk:k41-11013-01")
    assert shown["action"] == "Call the fleet team; leave the kiosk switched on"
    assert run(file, "list", "--scope", "province:42") == []
    run(file, "acknowledge", "1")
    run(file, "clear", "1")
    assert run(file, "list") == []
    assert [each["alert"] for each in run(file, "list", "--cleared")] == [1]
    with reading(engine) as connection:
        acts = [(each.act, each.subject) for each in audit.entries(connection)]
    assert acts == [("alert.acknowledged", "1"), ("alert.cleared", "1")]
    with pytest.raises(FleetError, match="it is over"):
        run(file, "acknowledge", "1")


def test_who_is_told_is_listed_and_their_address_is_in_no_log(file: Path, engine: Engine) -> None:
    told = ["--scope", "region:8", "--channel", "mail", "--address", SOMEBODY]
    assert run(file, "subscribe", *told) == [{"subscription": 1}]
    (shown,) = run(file, "subscriptions")
    assert (shown["address"], shown["language"], shown["least"]) == (SOMEBODY, "th", "warning")
    run(file, "unsubscribe", "1")
    assert run(file, "subscriptions") == []
    with reading(engine) as connection:
        lines = list(audit.entries(connection))
    assert [each.act for each in lines] == ["subscription.added", "subscription.ended"]
    assert all(SOMEBODY.encode() not in each.line() for each in lines)


def test_a_window_is_added_and_ended_and_hours_are_set(file: Path) -> None:
    later = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 86_400))
    (added,) = run(file, "window", "add", "--scope", "facility:41/11013", "--until", later, "--reason", "new switch")
    assert added == {"window": 1, "until": f"{later}:00+07:00"}
    (shown,) = run(file, "window", "list")
    assert (shown["scope"], shown["reason"]) == ("facility:41/11013", "new switch")
    run(file, "window", "end", "1")
    assert run(file, "window", "list") == []
    assert run(file, "hours", "facility:41/11013", "--days", "mon-sun")[0]["hours"] == "mon-sun 08:30 16:30"
    assert run(file, "hours", "facility:41/11013")[0]["hours"] == "as the fleet"


@pytest.mark.parametrize(
    "words",
    [
        ["window", "add", "--scope", "province:41", "--until", "tomorrow", "--reason", "x"],
        ["window", "add", "--scope", "province:99", "--until", "2030-01-01", "--reason", "x"],
        ["window", "end", "7"],
        ["hours", "province:41", "--days", "mon"],
        ["clear", "7"],
        ["unsubscribe", "7"],
        ["subscribe", "--scope", "nation", "--channel", "line", "--address", "me"],
    ],
    ids=["no-moment", "no-province", "no-window", "no-facility", "no-alarm", "no-subscription", "no-address"],
)
def test_what_cannot_be_done_says_why_and_is_not_logged(file: Path, engine: Engine, words: list[str]) -> None:
    with pytest.raises(FleetError):
        run(file, *words)
    with reading(engine) as connection:
        assert list(audit.entries(connection)) == []


def test_the_process_judges_beats_and_leaves_the_alerting_when_it_is_stopped(file: Path, engine: Engine) -> None:
    command = [sys.executable, "-c", START, "alerts", "--config", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with reading(engine) as connection:
                if watch.read(connection).beat_ms is not None:
                    break
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "alerts_stopped" in said
    with unit_of_work(engine) as connection:
        assert not watch.read(connection).is_silent(time.time_ns() // 1_000_000)
        assert watch.hold(connection, "another", time.time_ns() // 1_000_000)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[alerts.webhook]\nsecret = "alerts.toml"\n', "secret"),
        ('[alerts.line]\ntoken = "nowhere"\n', "nowhere"),
        ('[alerts.hours]\nopens = "9"\n', "alerts.hours"),
        ('[alerts.mail]\nhost = "mail.example"\nsender = "a@b.example"\nsecurity = "none"\n', "this machine"),
        ('[alerts.mail]\nhost = "mail.example"\nsender = "a@b.example"\npassword = "nowhere"\n', "nowhere"),
    ],
    ids=["webhook", "line", "hours", "mail-in-the-clear", "mail-password"],
)
def test_settings_that_cannot_work_are_refused_before_anybody_counts_on_them(file: Path, more: str, says: str) -> None:
    file.write_text(f'database_url = "sqlite:///fleet.db"\n{more}')
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    with pytest.raises(ConfigError, match=says):
        alerts.run(config.read(file))
    for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
        signal.signal(number, handler)
