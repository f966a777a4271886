# SPDX-License-Identifier: Apache-2.0
"""Three people make keys, two of them sign, and the fleet's folder tells images and kiosks."""

from __future__ import annotations

import io
import stat
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest
from typer.testing import CliRunner

from fleet.config import read as read_controller
from fleet.entrypoints.signer import desk_fleet
from fleet.errors import ConfigError
from kiosk.config import read_trust
from provisioning.cli import app, main
from tests.provisioning.conftest import make_fleet, run
from wire.claims import Introduction
from wire.envelope import decode
from wire.ids import key_id
from wire.registration import Trust
from wire.roots import first, is_roots
from wire.sealing import OpeningKey

if TYPE_CHECKING:
    from pathlib import Path

WORDS = "three kind words and a fish"
DOOR = ("--https-host", "door.example", "--https-port", "8443")


def typed(passphrase: str, *arguments: object) -> str:
    done = CliRunner().invoke(app, [str(each) for each in arguments], input=passphrase + "\n", catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit, match="2"):
        main([str(each) for each in arguments])
    return capsys.readouterr().err


def refused_at(monkeypatch: pytest.MonkeyPatch, passphrase: str) -> None:
    """What is typed next."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(passphrase + "\n"))  # a terminal cannot be typed at here


class Keepers:
    """A fleet, and people who each hold one key."""

    def __init__(self, place: Path) -> None:
        self.made = make_fleet(place, *DOOR)
        self.fleet, self.place = self.made.fleet, place
        for name in "abc":
            self.key(name)

    def key(self, name: str) -> None:
        typed(WORDS, "roots", "key", self.file(name))

    def file(self, name: str) -> Path:
        return self.place / f"{name}.key"

    def draft(self, names: str, *more: str) -> Path:
        keys = [word for name in names for word in ("--key", f"{self.file(name)}.public.json")]
        run("roots", "draft", self.fleet, *keys, *more)
        return max((self.fleet / "roots").glob("*.draft.json"))

    def sign(self, draft: Path, *names: str) -> None:
        for name in names:
            typed(WORDS, "roots", "sign", draft, "--key", self.file(name))

    def assemble(self, *files: Path) -> None:
        run("roots", "assemble", self.fleet, *files)

    def remake(self) -> None:
        make_fleet(self.place, "--broker-port", str(self.made.port), *DOOR)

    def swap_sealing_key(self) -> None:
        path = self.fleet / "trust.json"
        fresh = OpeningKey.generate(key_id("relay-sealing#2")).public().jwk()
        trust = msgspec.structs.replace(msgspec.json.decode(path.read_bytes(), type=Trust), sealing_key=fresh)
        path.write_bytes(msgspec.json.encode(trust))


@pytest.fixture
def keepers(tmp_path: Path) -> Keepers:
    return Keepers(tmp_path)


def test_a_key_is_under_its_passphrase_and_for_its_owner_only(keepers: Keepers) -> None:
    key = keepers.file("a")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert '"d"' not in key.with_name("a.key.public.json").read_text()
    assert not [path for path in keepers.fleet.rglob("*") if path.is_file() and b"ENCRYPTED" in path.read_bytes()]


def test_what_two_have_signed_is_told_to_images_to_the_signer_and_to_kiosks(keepers: Keepers) -> None:
    draft = keepers.draft("abc")
    keepers.sign(draft, "a", "c")
    said = run("roots", "show", draft)
    assert said.count("  signed") == 2
    assert said.count("not signed") == 1
    keepers.assemble(draft)
    keepers.remake()
    trust = msgspec.json.decode((keepers.fleet / "trust.json").read_bytes(), type=Trust)
    introduction = decode((keepers.fleet / "introduction.json").read_bytes(), Introduction)
    assert introduction.roots is not None
    assert first(introduction.roots.strip().encode()).trust == trust
    told = read_controller(keepers.fleet / "controller/signer.toml").signer
    assert told is not None
    assert [first(each.encode()).version for each in desk_fleet(told).roots] == [1]
    kiosk = keepers.made.make_kiosk("k-one") / "trust.json"
    assert is_roots(kiosk.read_bytes())
    assert read_trust(kiosk) == trust


def test_copies_that_two_people_signed_apart_are_put_together(keepers: Keepers, tmp_path: Path) -> None:
    draft = keepers.draft("abc")
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    for copy, name in ((one, "a"), (two, "b")):
        copy.write_bytes(draft.read_bytes())
        keepers.sign(copy, name)
    keepers.assemble(one, two)
    assert first((keepers.fleet / "roots/roots-1.json").read_bytes().strip()).version == 1


def test_one_signature_is_not_enough(keepers: Keepers, capsys: pytest.CaptureFixture[str]) -> None:
    draft = keepers.draft("abc")
    keepers.sign(draft, "a", "a")
    assert "signed by 1 of its own keys" in refused(capsys, "roots", "assemble", keepers.fleet, draft)
    assert not (keepers.fleet / "roots/roots-1.json").exists()


def test_the_next_version_with_other_holders_needs_those_before_too(
    keepers: Keepers, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = keepers.draft("abc")
    keepers.sign(begun, "a", "b")
    keepers.assemble(begun)
    keepers.key("d")
    keepers.key("e")
    draft = keepers.draft("cde")
    keepers.sign(draft, "d", "e")
    assert "signed by 0 of the keys of version 1" in refused(capsys, "roots", "assemble", keepers.fleet, draft)
    keepers.sign(draft, "a", "b")
    keepers.assemble(draft)
    third = keepers.draft("")  # keeps the holders
    keepers.sign(third, "c", "d")
    keepers.assemble(third)
    keepers.remake()
    lines = (keepers.fleet / "controller/signer/roots.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line)["signatures"] != [] for line in lines] == [True] * 3


def test_roots_that_name_other_keys_than_the_controller_has_are_not_given_out(
    keepers: Keepers, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = keepers.draft("abc")
    keepers.sign(draft, "a", "b")
    keepers.assemble(draft)
    keepers.remake()
    keepers.swap_sealing_key()
    again = keepers.draft("")
    keepers.sign(again, "a", "b")
    keepers.assemble(again)
    addresses = ("--broker-host", "localhost", "--idp-url", "http://127.0.0.1:9", "--database-url", "sqlite:///f.db")
    assert "names other keys" in refused(capsys, "fleet", keepers.fleet, *addresses, *DOOR)


def test_a_signer_whose_trust_file_was_swapped_does_not_start(keepers: Keepers) -> None:
    draft = keepers.draft("abc")
    keepers.sign(draft, "a", "b")
    keepers.assemble(draft)
    keepers.remake()
    keepers.swap_sealing_key()
    settings = keepers.fleet / "controller/signer.toml"
    (keepers.fleet / "controller/signer/trust.json").write_bytes((keepers.fleet / "trust.json").read_bytes())
    told = read_controller(settings).signer
    assert told is not None
    with pytest.raises(ConfigError, match="name other keys"):
        desk_fleet(told)


@pytest.mark.parametrize("names", ["", "ab", "abca", "aab"])
def test_a_first_version_needs_three_keys(keepers: Keepers, capsys: pytest.CaptureFixture[str], names: str) -> None:
    keys = [word for name in names for word in ("--key", f"{keepers.file(name)}.public.json")]
    assert "--key" in refused(capsys, "roots", "draft", keepers.fleet, *keys)


def test_a_wrong_passphrase_signs_nothing(
    keepers: Keepers, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = keepers.draft("abc")
    before = draft.read_bytes()
    refused_at(monkeypatch, "something else entirely")
    assert "does not open it" in refused(capsys, "roots", "sign", draft, "--key", keepers.file("a"))
    assert draft.read_bytes() == before


def test_a_short_passphrase_and_a_name_that_is_taken_are_refused(
    keepers: Keepers, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused_at(monkeypatch, "short")
    assert "12 characters" in refused(capsys, "roots", "key", keepers.place / "new.key")
    refused_at(monkeypatch, WORDS)
    assert "never written over" in refused(capsys, "roots", "key", keepers.file("a"))


def test_a_fleet_without_roots_is_as_it_was(tmp_path: Path) -> None:
    made = make_fleet(tmp_path, *DOOR)
    assert decode((made.fleet / "introduction.json").read_bytes(), Introduction).roots is None
    assert not is_roots((made.make_kiosk("k-one") / "trust.json").read_bytes())
    told = read_controller(made.fleet / "controller/signer.toml").signer
    assert told is not None
    assert desk_fleet(told).roots == ()
