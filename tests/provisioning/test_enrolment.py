# SPDX-License-Identifier: Apache-2.0
"""A machine becomes the kiosk that a claim names, with the signer's real desk on the other side: whole, and once."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from sqlalchemy import select

from fleet.devices import registry
from fleet.store.claim_tables import claim
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, reading
from kiosk.config import read as read_kiosk
from kiosk.config import read_signing_key, read_trust
from provisioning.device.asking import How, NotGrantedError, NotReachedError, ask
from provisioning.device.enrolment import Enrolment, Hardware
from provisioning.errors import FolderError, RefusedError
from provisioning.files import Report
from provisioning.identities import AgentWish
from provisioning.places import Layout
from tests.provisioning.power import cuts
from tests.simulators.broker import free_port
from tests.simulators.desk import FLEET, HERE, INTRODUCTION, Counter
from wire.certificates import Authority, new_key, pem
from wire.claims import CLAIM, LIVES_MS, Address, Bundle, ClaimCode, Why
from wire.events import Profile
from wire.ids import KioskId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wire.claims import Introduction

NAME = KioskId("k-udon-01")
ANY = Hardware("file:none", "", "", "", AgentWish())


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'fleet.db'}"
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture
def counter(database: str) -> Iterator[Counter]:
    engine = open_engine(database)
    yield Counter(engine)
    engine.dispose()


def enrolment(place: Path, counter: Counter, layout: Layout = Layout.BESIDE) -> Enrolment:
    return Enrolment(place, INTRODUCTION, layout, counter.granted)


def enrolled(
    place: Path, counter: Counter, code: ClaimCode, layout: Layout = Layout.BESIDE, hardware: Hardware = ANY
) -> tuple[Bundle, bytes]:
    return enrolment(place, counter, layout).run(code, HERE, hardware, datetime.now(UTC), Report())


def is_whole(place: Path, counter: Counter, name: KioskId) -> bool:
    """Whether the kiosk signs with the keys that the controller believes, and shows a certificate of its own key."""
    settings = read_kiosk(place / "kiosk.toml")
    with reading(counter.engine) as connection:
        known = registry.look_up(connection, [name], locked=False)[name]
    assert read_trust(settings.trust) == FLEET.trust
    pair = settings.broker.key.read_bytes()
    key = serialization.load_pem_private_key(pair, password=None)
    leaf = x509.load_pem_x509_certificate(pair)
    assert leaf == x509.load_pem_x509_certificate(settings.broker.certificate.read_bytes())
    return (
        read_signing_key(settings.event_key).public() == known.event_key
        and read_signing_key(settings.courier_key).public().jwk() == known.courier_key.jwk()
        and key.public_key() == leaf.public_key()
        and settings.kiosk == name
        and not (place / "pending").exists()
    )


def test_a_machine_becomes_the_kiosk_that_the_claim_names(counter: Counter, tmp_path: Path) -> None:
    place, code = tmp_path / "machine", counter.code()
    bundle, fingerprint = enrolled(place, counter, code)
    assert is_whole(place, counter, NAME)
    settings = read_kiosk(place / "kiosk.toml")
    assert (settings.facility, settings.province, settings.shard) == (HERE, "41", bundle.shard)
    assert (settings.broker.host, settings.https.host) == ("broker.example", "door.example")
    assert settings.face_policy is not None
    assert settings.face_policy.read_text() == "a.signed.policy"
    with reading(counter.engine) as connection:
        assert connection.execute(select(claim.c.fingerprint)).scalar_one() == fingerprint


def test_an_image_that_knows_the_releases_root_makes_a_kiosk_that_installs_them_from_the_door(
    counter: Counter, tmp_path: Path
) -> None:
    place = tmp_path / "machine"
    place.mkdir()
    (place / "release-root.json").write_text("{}")
    enrolled(place, counter, counter.code())
    updates = read_kiosk(place / "kiosk.toml").updates
    assert (updates.root, updates.ca) == (place / "release-root.json", place / "tls/ca.pem")
    assert updates.repository.startswith("https://door.example:")
    assert updates.repository.endswith("/releases")


def test_its_keys_are_for_their_owner_only_and_left_the_machine_never(counter: Counter, tmp_path: Path) -> None:
    place, sent = tmp_path / "machine", []

    def listening(introduction: Introduction, path: str, message: bytes) -> bytes:
        sent.append(message)
        return counter.granted(introduction, path, message)

    Enrolment(place, INTRODUCTION, Layout.BESIDE, listening).run(counter.code(), HERE, ANY, datetime.now(UTC), Report())
    keys = [place / "event.jwk", place / "courier.jwk", place / "tls/kiosk.key"]
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    for key in keys[:2]:
        secret = msgspec.json.decode(key.read_bytes())["d"]
        assert all(secret.encode() not in message for message in sent)
    assert len(sent) == 1


def test_a_power_cut_at_any_step_costs_neither_the_keys_nor_the_claim(
    database: str, counter: Counter, tmp_path: Path
) -> None:
    codes: dict[int, ClaimCode] = {}

    def place(n: int) -> Path:
        codes[n] = counter.code(KioskId(f"k-cut-{n:02}"))
        counter.engine.dispose()  # the other process opens its own
        return tmp_path / f"machine-{n:02}"

    def work(n: int) -> None:
        enrolled(tmp_path / f"machine-{n:02}", Counter(open_engine(database)), codes[n])

    number = 0
    for n in cuts(place, work):
        number, folder = n, tmp_path / f"machine-{n:02}"
        resumed = enrolment(folder, counter)
        if not resumed.finish():
            resumed.run(codes[n], HERE, ANY, datetime.now(UTC), Report())
        assert is_whole(folder, counter, KioskId(f"k-cut-{n:02}")), f"after cut {n}"
    assert number > 25


def test_an_answer_that_was_kept_is_used_when_the_claim_is_long_over(counter: Counter, tmp_path: Path) -> None:
    place, code = tmp_path / "machine", counter.code(profile=Profile.LIVE)
    with pytest.raises(RefusedError, match="--models"):  # live wants a camera and models: nothing is in its place
        enrolled(place, counter, code)
    assert not (place / "kiosk.toml").exists()
    counter.clock.ms += 2 * LIVES_MS
    models = Hardware("usb:0", "", "", "/var/lib/dipchip-models", AgentWish())
    enrolled(place, counter, code, hardware=models)
    assert is_whole(place, counter, NAME)
    assert read_kiosk(place / "kiosk.toml").profile is Profile.LIVE


def test_a_refused_claim_leaves_nothing_but_the_keys_which_the_next_claim_takes(
    counter: Counter, tmp_path: Path
) -> None:
    place, code = tmp_path / "machine", counter.code()
    counter.clock.ms += LIVES_MS
    with pytest.raises(NotGrantedError, match="Ask for a new one") as caught:
        enrolled(place, counter, code)
    assert caught.value.why is Why.EXPIRED
    assert {path.name for path in place.rglob("*")} == {"pending", "event.jwk", "courier.jwk", "kiosk.key"}
    enrolled(place, counter, counter.code())
    assert is_whole(place, counter, NAME)


def test_a_machine_that_is_a_kiosk_is_not_made_another(counter: Counter, tmp_path: Path) -> None:
    place = tmp_path / "machine"
    enrolled(place, counter, counter.code())
    with pytest.raises(RefusedError, match="fresh image"):
        enrolled(place, counter, counter.code(KioskId("k-udon-02")))
    assert is_whole(place, counter, NAME)


def test_an_answer_of_another_fleet_or_for_another_key_is_not_believed(counter: Counter, tmp_path: Path) -> None:
    stranger = Authority.root("root", new_key(), datetime.now(UTC)).certificate
    elsewhere = msgspec.structs.replace(INTRODUCTION, root=pem(stranger).decode())
    other = Enrolment(tmp_path / "one", elsewhere, Layout.BESIDE, counter.granted)
    with pytest.raises(FolderError, match="not of this image's fleet"):
        other.run(counter.code(), HERE, ANY, datetime.now(UTC), Report())
    theirs = tmp_path / "theirs"
    answers: list[bytes] = []

    def listening(introduction: Introduction, path: str, message: bytes) -> bytes:
        answers.append(counter.granted(introduction, path, message))
        return answers[-1]

    Enrolment(theirs, INTRODUCTION, Layout.BESIDE, listening).run(
        counter.code(KioskId("k-udon-02")), HERE, ANY, datetime.now(UTC), Report()
    )
    mine = Enrolment(tmp_path / "mine", INTRODUCTION, Layout.BESIDE, lambda *_: answers[0])
    with pytest.raises(FolderError, match="another key"):
        mine.run(ClaimCode("22222222"), HERE, ANY, datetime.now(UTC), Report())
    for broken in (b"", b"{}", answers[0][:-1], answers[0].replace(b'"v":1', b'"v":2')):
        confused = Enrolment(tmp_path / "mine", INTRODUCTION, Layout.BESIDE, lambda *_, said=broken: said)
        with pytest.raises(FolderError, match="not of this image's fleet"):
            confused.run(ClaimCode("22222222"), HERE, ANY, datetime.now(UTC), Report())
    assert not (tmp_path / "mine/kiosk.toml").exists()


def test_installed_it_names_the_credentials_that_the_units_load(counter: Counter, tmp_path: Path) -> None:
    enrolled(tmp_path / "machine", counter, counter.code(), Layout.INSTALLED)
    settings = read_kiosk(tmp_path / "machine/kiosk.toml")
    assert str(settings.broker.key) == "/run/credentials/dipchip-kiosk-courier.service/kiosk.key"
    assert str(settings.event_key) == "/run/credentials/dipchip-kiosk-ui.service/event.jwk"
    assert str(settings.renewal.spool) == "/var/lib/dipchip-renewal"
    assert settings.broker.certificate == tmp_path / "machine/tls/kiosk.crt"


def test_a_door_that_is_not_there_is_named_with_what_to_do() -> None:
    nobody = msgspec.structs.replace(INTRODUCTION, door=Address("127.0.0.1", free_port()))
    with pytest.raises(NotReachedError, match=r"127\.0\.0\.1.*Check the network") as raised:
        ask(nobody, CLAIM, b"")
    assert raised.value.how is How.REFUSED
