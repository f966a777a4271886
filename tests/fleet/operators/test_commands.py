# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet account`, as it is typed."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pyotp
import pytest
from typer.testing import CliRunner

from fleet import audit
from fleet.config import read
from fleet.entrypoints.cli import app
from fleet.entrypoints.clock import now_ms
from fleet.entrypoints.operator_key import operator_key
from fleet.errors import FleetError
from fleet.operators.signing_in import Attempt, sign_in
from fleet.store.session import open_engine, reading
from tests.fleet.operators.people import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(sqlite_template: Path, tmp_path: Path) -> Path:
    shutil.copy(sqlite_template, tmp_path / "fleet.db")
    (tmp_path / "operators.key").write_bytes(base64.urlsafe_b64encode(b"k" * 32))
    file = tmp_path / "web.toml"
    file.write_text('database_url = "sqlite:///fleet.db"\n[web]\noperator_key = "operators.key"\n')
    return file


def run(config: Path, *words: str, typed: str = "") -> list[dict[str, object]]:
    done = CliRunner().invoke(app, ["account", *words, "--config", str(config)], input=typed, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def added(config: Path) -> str:
    (told,) = run(
        config, "add", "somsri", "--display", "สมศรี", "--scope", "nation", "--role", "operator", typed=PASSWORD + "\n"
    )
    return str(told["otpauth"])


def can_sign_in(config: Path, otpauth: str) -> bool:
    settings, at_ms = read(config), now_ms()
    engine = open_engine(settings.database_url)
    totp = pyotp.parse_uri(otpauth)
    assert isinstance(totp, pyotp.TOTP)
    found = sign_in(engine, Attempt("somsri", PASSWORD, totp.at(at_ms // 1000), "::1"), operator_key(settings), at_ms)
    engine.dispose()
    return isinstance(found, str)


def acts(config: Path) -> list[str]:
    engine = open_engine(read(config).database_url)
    with reading(engine) as connection:
        found = [entry.act for entry in audit.verified(audit.entries(connection))]
    engine.dispose()
    return found


def test_an_account_is_added_signs_in_is_listed_reset_and_disabled_and_all_of_it_is_in_the_log(config: Path) -> None:
    otpauth = added(config)
    assert otpauth.startswith("otpauth://totp/DipChip:somsri?secret=")
    assert can_sign_in(config, otpauth)
    (listed,) = run(config, "list")
    assert (listed["account"], listed["role"], listed["scope"]) == ("somsri", "operator", "nation")
    assert listed["disabled"] is False
    (again,) = run(config, "reset", "somsri", typed=PASSWORD + "\n")
    assert again["otpauth"] != otpauth
    assert run(config, "sessions", "somsri") == []
    for _ in range(2):
        assert run(config, "disable", "somsri") == [{"account": "somsri", "disabled": True}]
    assert not can_sign_in(config, str(again["otpauth"]))
    assert acts(config) == ["account.added", "account.signed_in", "account.reset", "account.disabled"]


def test_sessions_and_tokens_are_listed_and_ended(config: Path) -> None:
    assert can_sign_in(config, added(config))
    (made,) = run(config, "token", "somsri", "--purpose", "Grafana", "--days", "30")
    assert str(made["token"]).startswith("dipchip_")
    assert "acts_as" not in made
    with pytest.raises(FleetError, match="may not act as approver"):
        run(config, "token", "somsri", "--purpose", "x", "--acts-as", "approver")
    session, token = run(config, "sessions", "somsri")
    assert (session["address"], token["purpose"], token["over"]) == ("::1", "Grafana", False)
    assert str(made["token"]) not in json.dumps([session, token])
    ended = run(config, "end", "somsri", "--token", str(token["token"]))
    assert ended == [{"account": "somsri", "sessions": 0, "tokens": 1}]
    assert run(config, "end", "somsri") == [{"account": "somsri", "sessions": 1, "tokens": 0}]
    assert acts(config)[-3:] == ["account.token", "account.ended", "account.ended"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("reset", "nobody"), "nobody is no account"),
        (("disable", "nobody"), "nobody is no account"),
        (("token", "nobody", "--purpose", "x"), "nobody is no account"),
        (("add", "malee", "--display", "M", "--scope", "nation"), "12 to 128 characters"),
        (("add", "malee", "--display", "M", "--scope", "province:99"), "facility:41/10670"),
        (("change", "nobody", "--scope", "nation", "--role", "viewer"), "nobody is no account"),
    ],
)
def test_what_cannot_be_done_says_why_and_writes_nothing(config: Path, words: tuple[str, ...], says: str) -> None:
    with pytest.raises(FleetError, match=says):
        run(config, *words, typed="\n")
    assert acts(config) == []


def test_settings_without_the_key_are_told_with_a_remedy(config: Path) -> None:
    config.write_text('database_url = "sqlite:///fleet.db"\n')
    with pytest.raises(FleetError, match=r"web\.operator_key is not set"):
        run(config, "add", "malee", "--display", "M", "--scope", "nation")
    config.write_text('database_url = "sqlite:///fleet.db"\n[web]\noperator_key = "none.key"\n')
    with pytest.raises(FleetError, match=r"none\.key"):
        run(config, "add", "malee", "--display", "M", "--scope", "nation")
    (config.parent / "short.key").write_text("c2hvcnQ=\n")
    config.write_text('database_url = "sqlite:///fleet.db"\n[web]\noperator_key = "short.key"\n')
    with pytest.raises(FleetError, match="not 32 bytes"):
        run(config, "add", "malee", "--display", "M", "--scope", "nation")


def test_on_a_terminal_the_password_is_asked_for_twice_unseen_and_the_secret_is_drawn(config: Path) -> None:
    script = """
import os, pty, sys
words, typed = sys.argv[1:-1], sys.argv[-1].encode().splitlines(keepends=True)
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.executable, [sys.executable, "-c", "from fleet.entrypoints.cli import main; main()", *words])
seen = b""
for line in typed:
    while not seen.rstrip().endswith((b"Password:", b"again:")) or seen.endswith(b"answered"):
        seen += os.read(terminal, 4096)
    os.write(terminal, line)
    seen += b"answered"
try:
    while more := os.read(terminal, 4096):
        seen += more
except OSError:
    pass
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    words = ["account", "add", "malee", "--display", "M", "--scope", "nation", "--config", str(config)]
    for second, code in ((PASSWORD + "x", 2), (PASSWORD, 0)):
        typed = f"{PASSWORD}\n{second}\n"
        done = subprocess.run([sys.executable, "-c", script, *words, typed], capture_output=True, check=False)
        seen = done.stdout.decode()
        assert done.returncode == code, seen
        assert PASSWORD not in seen
        assert ("▄" in seen) == (code == 0)


PROVIDER = """profile = "test"
[web.provider]
name = "P"
issuer = "http://localhost/op"
client_id = "console"
client_secret = "client.secret"
"""


def test_an_account_is_linked_to_its_owner_at_the_provider_and_unlinked(config: Path) -> None:
    added(config)
    config.write_text(config.read_text() + PROVIDER)
    assert run(config, "link", "somsri", typed="1234567890121\n") == [{"account": "somsri", "linked": True}]
    for _ in range(2):
        assert run(config, "unlink", "somsri") == [{"account": "somsri", "linked": False}]
    assert acts(config) == ["account.added", "account.linked", "account.unlinked"]
    assert b"1234567890121" not in (config.parent / "fleet.db").read_bytes()


@pytest.mark.parametrize(
    ("more", "typed", "says"), [("", "x\n", r"web\.provider is not set"), (PROVIDER, "\n", "sub: give")]
)
def test_a_link_to_nobody_is_refused(config: Path, more: str, typed: str, says: str) -> None:
    added(config)
    config.write_text(config.read_text() + more)
    with pytest.raises(FleetError, match=says):
        run(config, "link", "somsri", typed=typed)
    assert acts(config) == ["account.added"]


@pytest.mark.parametrize(
    ("origin", "issuer", "fits"),
    [
        ("https://console.example", "https://id.example/op", True),
        ("https://console.example", "http://id.example/op", False),
        ("", "https://id.example/op", False),
    ],
)
def test_a_provider_is_spoken_to_over_tls_and_sends_people_back_to_it(
    config: Path, origin: str, issuer: str, *, fits: bool
) -> None:
    provider = PROVIDER.replace('profile = "test"\n', f'origin = "{origin}"\n').replace("http://localhost/op", issuer)
    config.write_text(config.read_text() + provider)
    if fits:
        assert read(config).web.provider is not None
    else:
        with pytest.raises(FleetError, match=r"https://"):
            read(config)
