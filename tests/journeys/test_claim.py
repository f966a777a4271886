# SPDX-License-Identifier: Apache-2.0
"""From an image and eight characters to a heartbeat, and to the next certificate: a real broker, door and signer.

Each kiosk is a folder that `dipchip-provision enrol` filled; its courier is the process of the field.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from provisioning.device.asking import NotGrantedError, NotReachedError, ask
from tests.journeys.test_https import post
from tests.provisioning.peer import Papers, Peer, RefusedError
from tests.simulators import tpm
from tests.simulators.claimant import Claimant
from tests.simulators.claiming import FACILITY, ClaimProvince, Machine, provision
from tests.simulators.lists import Fetching, FollowingUnits
from tests.simulators.province import PATIENCE_S
from tests.simulators.services import ServiceError, script, wait_until
from tests.simulators.tpm import OPENSSL_CONF, Tpm
from wire.certificates import LEAF_LIFE
from wire.claims import ALPHABET, CLAIM, LIVES_MS, Introduction, Why, claim_code
from wire.envelope import decode
from wire.ids import KioskId
from wire.posting import INGEST
from wire.posting import MEDIA_TYPE as POSTED
from wire.registration import default_shard
from wire.roots import is_roots
from wire.topics import Up, up
from wire.wrapped_keys import public_half

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.simulators.province import Kiosk

WRAPPED = [f"-----{word} TSS2 PRIVATE KEY-----" for word in ("BEGIN", "END")]

WATCHDOG_S = 60.0  # of dipchip-kiosk-courier.service

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def province(place: Path) -> Iterator[ClaimProvince]:
    with ClaimProvince(place / "claims") as province:
        yield province


def enrolled(province: ClaimProvince, name: str) -> Machine:
    machine = province.machine(name)
    ran = machine.enrol(province.claim(name)["code"])
    assert ran.returncode == 0, ran.stderr
    return machine


def refused(province: ClaimProvince, name: str, code: str, facility: str = FACILITY) -> str:
    machine = province.machine(name)
    ran = machine.enrol(code, facility)
    assert ran.returncode == 2
    assert not (machine.folder / "kiosk.toml").exists()
    return ran.stderr


def restarted(kiosk: Kiosk) -> None:
    """As systemd does when the courier has ended."""
    wait_until(lambda: not kiosk.courier.alive, "the courier ends to be started anew", PATIENCE_S)
    kiosk.courier.start()


def restarted_by_watchdog(kiosk: Kiosk) -> None:
    """As systemd does, also with a courier that hangs: one whose TPM does not answer says no more that it is well."""
    try:
        wait_until(lambda: not kiosk.courier.alive, "the courier ends to be started anew", WATCHDOG_S)
    except ServiceError:
        kiosk.courier.kill()
    kiosk.courier.start()


def test_an_image_and_a_code_become_a_kiosk_whose_heartbeat_is_accepted(province: ClaimProvince) -> None:
    name = "k-udon-01"
    machine, began = province.machine(name), time.monotonic()
    ran = machine.enrol(province.claim(name)["qr"], "")
    assert ran.returncode == 0, ran.stderr
    assert is_roots((machine.folder / "trust.json").read_bytes()), "it believes what two of three people have signed"
    kiosk = machine.kiosk(name)
    kiosk.courier.start()
    province.wait_until_heard(name, 0)
    print(f"claim to heartbeat: {time.monotonic() - began:.1f} s")  # noqa: T201 - shown by `pytest -rP`
    kiosk.file(3)
    province.wait_until_settled(kiosk)
    assert province.count() == 3
    assert post(province, Papers.of_kiosk(machine.folder), b"") == (200, b""), "the door takes it for who it is"
    said = re.search(r"Words: (.+)", ran.stdout)
    assert said is not None
    (listed,) = [each for each in province.told("claim", "list") if each["kiosk"] == name]
    assert (listed["standing"], listed["words"]) == ("taken", said[1])


def test_replayed_foreign_and_guessed_claims_are_refused_and_say_what_to_do(province: ClaimProvince) -> None:
    code = str(province.claim("k-udon-02")["code"])
    other = next(letter for letter in ALPHABET if letter != code[-1])
    assert "claim_not_known" in refused(province, "guess", code[:-1] + other)
    assert "claim_not_known" in refused(province, "foreign", code, "11447")
    machine = province.machine("first")
    assert machine.enrol(code).returncode == 0
    assert "claim_used" in refused(province, "replay", code)
    again = machine.enrol(code)
    assert (again.returncode, "fresh image" in again.stderr) == (2, True)


def test_an_expired_claim_is_refused(province: ClaimProvince) -> None:
    code = str(province.claim("k-udon-03")["code"])
    with sqlite3.connect(province.fleet / "fleet.db", timeout=30) as database:  # a quarter of an hour passes
        database.execute("UPDATE claim SET expires_ms = expires_ms - ? WHERE kiosk = 'k-udon-03'", (LIVES_MS,))
    assert "claim_expired" in refused(province, "late", code)


def test_an_image_of_another_fleet_is_not_answered(province: ClaimProvince, tmp_path: Path) -> None:
    made = ("fleet", tmp_path / "stranger", "--broker-host", "localhost", "--database-url", "sqlite:///f.db")
    port = ("--https-host", "localhost", "--https-port", province.https_port, "--idp-url", "http://127.0.0.1:9")
    assert provision(*made, *port).returncode == 0
    machine = province.machine("stranger")
    introduction = ("--introduction", tmp_path / "stranger/introduction.json", "--facility", FACILITY)
    ran = provision("enrol", machine.folder, "--claim", province.claim("k-udon-04")["code"], *introduction)
    assert (ran.returncode, "is not this fleet's door" in ran.stderr) == (2, True)


def test_a_certificate_is_renewed_at_half_life_while_the_kiosk_works(province: ClaimProvince) -> None:
    name = "k-udon-05"
    machine = enrolled(province, name)
    old = machine.age(province.issuer(), datetime.now(UTC).replace(microsecond=0) - LEAF_LIFE / 2 - timedelta(hours=1))
    forget_given(province, name)
    kiosk = machine.kiosk(name)
    kiosk.courier.start()
    province.wait_until_heard(name, 0)
    assert province.good_until(name) == old.not_valid_after_utc
    assert "the courier asks" in machine.renew()
    wait_until((machine.folder / "renewal/renewal.json").exists, "the answer is brought", PATIENCE_S)
    assert "is installed" in machine.renew()
    restarted(kiosk)
    wait_until(lambda: province.good_until(name) > old.not_valid_after_utc, "it says so", PATIENCE_S)
    assert machine.leaf().public_key() != old.public_key()
    assert machine.leaf().serial_number != old.serial_number
    assert "is good until" in machine.renew()
    assert list((machine.folder / "renewal").iterdir()) == []
    kiosk.file(2)
    province.wait_until_settled(kiosk)


def test_a_kiosk_from_a_store_room_heals_when_its_certificate_has_ended(province: ClaimProvince) -> None:
    name = "k-udon-06"
    machine = enrolled(province, name)
    machine.age(province.issuer(), datetime.now(UTC).replace(microsecond=0) - LEAF_LIFE - timedelta(days=200))
    forget_given(province, name)
    with pytest.raises(RefusedError), Peer(province.broker.port, Papers.of_kiosk(machine.folder)) as peer:
        peer.publish(up(default_shard(name), KioskId(name), Up.EVENT))
    kiosk = machine.kiosk(name)
    filed = kiosk.file(2)
    kiosk.courier.start()
    assert "the courier asks" in machine.renew()
    wait_until((machine.folder / "renewal/renewal.json").exists, "the answer is brought", PATIENCE_S)
    assert "is installed" in machine.renew()
    restarted(kiosk)
    province.wait_until_settled(kiosk)
    assert set(filed) <= set(province.ledger())


@pytest.mark.skipif(bool(tpm.missing()), reason=tpm.missing())
def test_a_kiosk_whose_keys_are_in_a_tpm_claims_connects_and_renews_with_them(
    province: ClaimProvince, tmp_path: Path
) -> None:
    name = "k-udon-10"
    machine = province.machine(name)
    pair = machine.folder / "tls/kiosk.key"
    with Tpm(tmp_path) as chip:
        machine.env = chip.environment
        address = tmp_path / "event.uri"
        address.write_text(chip.make_key("event") + "\n")
        ran = machine.enrol(
            province.claim(name)["code"], FACILITY, "--event-key-token", str(address), "--tls-key", "tpm"
        )
        assert ran.returncode == 0, ran.stderr
        assert ("is in the token" in ran.stdout, "key is in the TPM" in ran.stdout) == (True, True)
        assert "d" not in json.loads((machine.folder / "event.jwk").read_text())
        assert [line for line in pair.read_text().splitlines() if "PRIVATE KEY" in line] == WRAPPED
        assert public_half(pair.read_bytes()) == machine.leaf().public_key()
        old = machine.age(province.issuer(), datetime.now(UTC).replace(microsecond=0) - LEAF_LIFE)
        forget_given(province, name)
        kiosk = machine.kiosk(name, chip.for_tls)
        kiosk.courier.start()
        machine.renew("--tls-key", "tpm")
        wait_until((machine.folder / "renewal/renewal.json").exists, "the answer is brought", PATIENCE_S)
        assert "is installed" in machine.renew("--tls-key", "tpm")
        restarted_by_watchdog(kiosk)
        province.wait_until_heard(name, 0)
        assert province.good_until(name) > old.not_valid_after_utc
        assert public_half(pair.read_bytes()) == machine.leaf().public_key() != old.public_key()
        assert shown_at(machine, chip) == {"broker": "ok", "door": "ok"}
        kiosk.courier.stop()
    with Tpm(tmp_path / "another") as other:
        assert shown_at(machine, other) == dict.fromkeys(("broker", "door"), "certificate_unusable"), (
            "a card that was copied"
        )


def shown_at(machine: Machine, chip: Tpm) -> dict[str, str]:
    """How the kiosk's own examination ends at broker and door, which ask for its certificate and its key."""
    shutil.copy(OPENSSL_CONF, machine.folder.parent)  # where the role puts it: above the kiosk's own folder
    command = [script("dipchip-kiosk"), "doctor", "network", "--json", "--config", str(machine.folder / "kiosk.toml")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **chip.environment})
    (found,) = json.loads(ran.stdout)["parts"]
    return {step["way"]: step["code"] for step in found["steps"]}


def test_a_revoked_kiosk_is_cut_off_and_stays_out_by_every_way(province: ClaimProvince, tmp_path: Path) -> None:
    name, stays = "k-udon-07", "k-udon-12"
    machine, other = enrolled(province, name), enrolled(province, stays).kiosk(stays)
    old, papers = machine.leaf(), Papers.of_kiosk(machine.folder)
    other.courier.start()
    province.wait_until_heard(stays, 0)
    restart, reload = province.broker.restart, lambda service: RELOADS[service](province)
    with (
        FollowingUnits(province.fleet, tmp_path, restart=restart, reload=reload),
        Peer(province.broker.port, papers, name) as peer,
        open_door(province, papers) as line,
    ):
        assert peer.publish(up(default_shard(name), KioskId(name), Up.EVENT)) == "Success"
        assert asked(line) == 200
        province.operate("revoke", name)
        began = time.monotonic()
        peer.wait_until_gone()
        gone_s = time.monotonic() - began
        with pytest.raises(RefusedError), Peer(province.broker.port, papers, name):
            pass
        wait_until(lambda: post(province, papers, b"")[0] == 400, "the proxy has read the list", PATIENCE_S)
        with pytest.raises((OSError, http.client.HTTPException)):
            asked(line)  # the line that was open
        filed = other.file(2)
        province.wait_until_settled(other)
        back_s = time.monotonic() - began
    print(f"revoked to cut off: {gone_s:.1f} s; another one has its receipts again: {back_s:.1f} s")  # noqa: T201 - shown by `pytest -rP`
    assert set(filed) <= set(province.ledger())
    assert fetched(province, tmp_path) == (province.fleet / "controller/signer/kiosks.crl.pem").read_bytes()
    other.courier.stop()
    signer = ("--config", str(province.fleet / "controller/signer.toml"))
    machine.age(province.issuer(), datetime.now(UTC).replace(microsecond=0) - LEAF_LIFE - timedelta(days=1))
    kiosk = machine.kiosk(name)
    kiosk.courier.start()
    machine.renew()
    wait_until(lambda: kiosk.said("kiosk_revoked") > 0, "the signer refuses it", PATIENCE_S)
    assert not (machine.folder / "renewal/renewal.json").exists()
    assert (
        "given once"
        in province.run_at_signer("claim", "make", name, "--facility", FACILITY, "--province", "41", *signer).stderr
    )
    kiosk.courier.stop()
    assert old.serial_number != machine.leaf().serial_number


RELOADS = {
    "nginx.service": lambda province: province.proxy.reload(),
    "mosquitto.service": lambda province: province.broker.reload(),
}


@contextmanager
def open_door(province: ClaimProvince, papers: Papers) -> Iterator[http.client.HTTPSConnection]:
    """A connection that stays."""
    assert province.https_port is not None
    line = http.client.HTTPSConnection("localhost", province.https_port, context=papers.context(), timeout=PATIENCE_S)
    line.connect()
    line.auto_open = 0
    with closing(line):
        yield line


def asked(line: http.client.HTTPSConnection) -> int:
    line.request("POST", INGEST, b"", {"Content-Type": POSTED})
    response = line.getresponse()
    response.read()
    return response.status


def fetched(province: ClaimProvince, place: Path) -> bytes:
    """What a broker on another machine gets, by its unit's own command, without a certificate."""
    fetch = Fetching(place, f"https://localhost:{province.https_port}/revocations/v1", province.fleet / "broker")
    try:
        wait_until(fetch.file.exists, "the list is fetched", PATIENCE_S)
        return fetch.file.read_bytes()
    finally:
        fetch.stop()


def forget_given(province: ClaimProvince, name: str) -> None:
    """As if what the signer gave had been given when the certificate says it was."""
    with sqlite3.connect(province.fleet / "fleet.db", timeout=30) as database:
        database.execute("DELETE FROM given_certificate WHERE kiosk = ?", (name,))


def test_a_new_key_is_made_by_order_and_the_old_certificate_is_revoked(province: ClaimProvince, tmp_path: Path) -> None:
    name = "k-udon-09"
    machine = enrolled(province, name)
    old, kiosk = machine.leaf(), machine.kiosk(name)
    time.sleep(1)  # certificates count seconds: the next one ends later than this one
    with kiosk.screen() as screen:
        screen.heed()  # so that the first heartbeat says that it takes orders
        kiosk.courier.start()
        province.wait_until_heard(name, 0)
        province.told("order", "give", name, "rotate_key")

        def wanted() -> bool:
            screen.heed()
            return (machine.folder / "renewal/wanted").exists()

        wait_until(wanted, "the kiosk wants another key", PATIENCE_S)
        assert "the courier asks" in machine.renew()
        wait_until((machine.folder / "renewal/renewal.json").exists, "the answer is brought", PATIENCE_S)
        assert "is installed" in machine.renew()
        restarted(kiosk)

        def done() -> bool:
            screen.heed()
            return bool(province.told("order", "list", name)[0]["state"] == "done")

        wait_until(done, "the order is done", PATIENCE_S)
    assert machine.leaf().public_key() != old.public_key()
    assert list((machine.folder / "renewal").iterdir()) == []
    listed = tmp_path / "replaced.crl.pem"
    ran = province.run_at_signer("revocations", str(listed), "--config", str(province.fleet / "controller/signer.toml"))
    assert ran.returncode == 0, ran.stderr
    revoked = {each.serial_number for each in x509.load_pem_x509_crl(listed.read_bytes())}
    assert old.serial_number in revoked
    assert machine.leaf().serial_number not in revoked


# The last one: after it nobody claims from this machine's address for a quarter of an hour.
def test_whoever_guesses_has_to_wait_even_with_the_right_code(province: ClaimProvince) -> None:
    introduction = decode((province.fleet / "introduction.json").read_bytes(), Introduction)

    def said_to(code: str) -> Why | None:
        try:
            ask(introduction, CLAIM, Claimant().claim(code, FACILITY))
        except NotGrantedError as error:
            return error.why
        except NotReachedError:  # the proxy lets an address ask once a second
            return None
        return None

    right = claim_code(str(province.claim("k-udon-08")["code"]))
    wait_until(lambda: said_to("22222222") is Why.TOO_MANY, "it is told to wait", PATIENCE_S)
    wait_until(lambda: said_to(right) is Why.TOO_MANY, "it is told to wait", PATIENCE_S)
    (listed,) = [each for each in province.told("claim", "list") if each["kiosk"] == "k-udon-08"]
    assert listed["standing"] == "open"
