# SPDX-License-Identifier: Apache-2.0
"""A hospital whose broker's port closes: real Mosquitto, nginx, controller and kiosk courier, each its own process.

Events go over HTTPS when the broker is away and over MQTT again when it is back, each counted once; and the door lets
in who holds a certificate of this fleet, on topics of its own, and nobody else.
"""

from __future__ import annotations

import http.client
import ssl
import subprocess
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from kiosk import config
from kiosk.entrypoints.announcements import BANGKOK
from kiosk.findings import Code, Report, Stage
from kiosk.store import newest
from kiosk.store.database import Store
from kiosk.store.newest import Word
from tests.provisioning.peer import Papers
from tests.simulators.province import PATIENCE_S, Kiosk, Province
from tests.simulators.services import Service, script, wait_until
from wire.announcements import open_announcements
from wire.ids import KioskId
from wire.posting import INGEST, MEDIA_TYPE, POST_BYTES, line
from wire.registration import default_shard
from wire.topics import Up, up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kiosk.findings import Finding

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]

MINE, OTHER = "k-udon-01", "k-udon-02"


@pytest.fixture(scope="module")
def province(place: Path) -> Iterator[Province]:
    with Province(place / "https", https=True) as province:
        yield province


@pytest.fixture(scope="module")
def kiosk(province: Province) -> Kiosk:
    return province.kiosk(MINE)


@pytest.fixture(scope="module")
def other(province: Province) -> Kiosk:
    return province.kiosk(OTHER)


def topic(name: str, kind: Up = Up.EVENT) -> str:
    return up(default_shard(name), KioskId(name), kind)


def post(
    province: Province, papers: Papers, body: bytes, *, path: str = INGEST, method: str = "POST", **headers: str
) -> tuple[int, bytes]:
    """One request; the status, and the answer."""
    assert province.https_port is not None
    connection = http.client.HTTPSConnection(
        "localhost", province.https_port, context=papers.context(), timeout=PATIENCE_S
    )
    told = {"Content-Type": MEDIA_TYPE} | {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(connection):
        connection.request(method, path, body, told)
        response = connection.getresponse()
        return response.status, response.read()


def test_a_closed_broker_is_walked_around_and_come_back_to_and_each_event_counts_once(
    province: Province, kiosk: Kiosk
) -> None:
    filed = kiosk.file(3)
    kiosk.courier.start()
    province.wait_until_settled(kiosk)
    assert kiosk.said("way_changed") == 0
    province.broker.kill()
    filed += kiosk.file(250)  # more than one window
    province.wait_until_settled(kiosk)
    assert kiosk.said("way_changed") == 1
    province.broker.start()
    wait_until(lambda: kiosk.said("way_changed") == 2, "the kiosk is back at the broker", PATIENCE_S)
    province.door.kill()  # so that nothing can go that way
    filed += kiosk.file(3)
    province.wait_until_settled(kiosk)
    assert sorted(province.ledger()) == sorted(filed)
    province.door.start()


def examined(kiosk: Kiosk) -> tuple[int, Finding]:
    """What `dipchip-kiosk doctor network` says, and its exit code."""
    command = [script("dipchip-kiosk"), "doctor", "network", "--json", "--config", str(kiosk.folder / "kiosk.toml")]
    done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE_S)
    (finding,) = msgspec.json.decode(done.stdout, type=Report).parts
    return done.returncode, finding


def test_the_doctor_walks_both_ways_and_throws_the_running_courier_out_of_neither(
    province: Province, kiosk: Kiosk
) -> None:
    if not kiosk.courier.alive:
        kiosk.courier.start()
    kiosk.file(1)
    province.wait_until_settled(kiosk)
    # The door was started by the test before, and a busy machine takes its time.
    wait_until(lambda: examined(kiosk)[1].code == "ok", "the door serves", PATIENCE_S)
    went_away = kiosk.said("disconnected")
    exit_code, found = examined(kiosk)
    assert (exit_code, found.code, len(found.steps)) == (0, "ok", 8)
    assert kiosk.said("disconnected") == went_away
    province.door.kill()
    exit_code, found = examined(kiosk)
    province.door.start()
    assert (exit_code, found.code, found.steps[-1].stage) == (1, Code.DOOR_NOT_SERVING, Stage.ANSWER)


def test_a_kiosk_that_never_met_the_broker_delivers_over_https(province: Province, other: Kiosk) -> None:
    before = set(province.ledger())
    province.broker.stop()
    filed = other.file(5)
    other.courier.start()
    province.wait_until_settled(other)
    assert set(province.ledger()) - before == set(filed)
    other.courier.stop()
    province.broker.start()


def test_a_door_that_was_away_is_tried_again(province: Province, other: Kiosk) -> None:
    province.broker.stop()
    province.door.kill()
    filed = other.file(2)
    other.courier.start()
    wait_until(lambda: other.said("post_refused") > 0, "the door is missed", PATIENCE_S)
    province.door.start()
    province.wait_until_settled(other)
    assert set(filed) <= set(province.ledger())
    other.courier.stop()
    province.broker.start()


def test_announcements_come_over_https_too(province: Province, other: Kiosk) -> None:
    province.broker.stop()
    until = (datetime.now(BANGKOK).date() + timedelta(days=7)).isoformat()
    words = ("--th", "ฉีดวัคซีนฟรี", "--en", "Free flu shots", "--nation", "--until", until)
    province.operate("announcement", "propose", *words, "--by", "Somchai")
    province.operate("announcement", "approve", "1", "--by", "Malee")
    other.courier.start()
    with closing(Store(other.folder / "store.db")) as store:
        wait_until(lambda: newest.kept(store, Word.ANNOUNCEMENTS) is not None, "the list has come", PATIENCE_S)
        message = newest.kept(store, Word.ANNOUNCEMENTS)
    believes = config.read_trust(other.folder / "trust.json").receipts()
    told = open_announcements(message or b"", believes, KioskId(OTHER))
    assert [item.en for item in told.items] == ["Free flu shots"]
    other.courier.stop()
    province.broker.start()


def test_a_kiosk_may_write_only_its_own_topics(province: Province, kiosk: Kiosk, other: Kiosk) -> None:
    papers = Papers.of_kiosk(kiosk.folder)
    assert post(province, papers, line(topic(OTHER), b"x"))[0] == 403
    assert post(province, papers, line(topic(MINE), b"x") + line(topic(OTHER), b"x"))[0] == 403
    assert post(province, papers, line("elsewhere", b"x"))[0] == 403
    named = post(province, papers, line(topic(OTHER), b"x"), Dipchip_Kiosk=OTHER)
    assert named[0] == 403, "the name is the certificate's, whatever the kiosk says"
    assert post(province, Papers.of_kiosk(other.folder), line(topic(OTHER), b"x"))[0] == 200


def test_the_controllers_certificate_is_no_kiosks(province: Province, kiosk: Kiosk) -> None:
    assert post(province, Papers.of_controller(province.fleet), line(topic(kiosk.name), b"x"))[0] == 403


def test_who_has_no_certificate_or_a_strangers_gets_nowhere(province: Province, kiosk: Kiosk, tmp_path: Path) -> None:
    ca = Papers.of_kiosk(kiosk.folder).ca
    assert post(province, Papers(ca), line(topic(MINE), b"x"))[0] == 400
    with Province(tmp_path / "stranger") as stranger:
        theirs = stranger.kiosk(MINE)
        papers = Papers(ca, theirs.folder / "tls/kiosk.crt", theirs.folder / "tls/kiosk.key")
        assert post(province, papers, line(topic(MINE), b"x"))[0] == 400


def test_a_kiosk_does_not_speak_to_a_stranger(province: Province, tmp_path: Path) -> None:
    with Province(tmp_path / "stranger") as stranger:
        papers = Papers.of_kiosk(stranger.kiosk(MINE).folder)
        with pytest.raises(ssl.SSLCertVerificationError):
            post(province, papers, b"")


def test_what_is_no_message_is_turned_away(province: Province, kiosk: Kiosk) -> None:
    papers = Papers.of_kiosk(kiosk.folder)
    assert post(province, papers, b"no line")[0] == 400
    assert post(province, papers, b"x" * (POST_BYTES + 1))[0] == 413
    assert post(province, papers, b"x" * (2 * POST_BYTES))[0] == 413
    assert post(province, papers, b"", path="/")[0] == 404
    assert post(province, papers, b"", method="GET")[0] == 405
    assert post(province, papers, b"", Content_Type="text/plain")[0] == 415
    assert post(province, papers, b"") == (200, b"")


def test_one_that_asks_too_often_is_told_to_wait_and_holds_up_no_other(
    province: Province, kiosk: Kiosk, other: Kiosk
) -> None:
    papers = Papers.of_kiosk(kiosk.folder)
    assert 429 in {post(province, papers, b"")[0] for _ in range(60)}
    assert post(province, Papers.of_kiosk(other.folder), b"")[0] == 200


def test_a_revoked_kiosk_is_kept_out(province: Province) -> None:
    gone = province.kiosk("k-gone-01")
    papers = Papers.of_kiosk(gone.folder)
    assert post(province, papers, b"")[0] == 200
    revoke = (script("dipchip-provision"), "revoke", str(province.fleet), "--id", gone.name)
    Service(revoke, log=province.logs / "revoke.log").run()
    province.proxy.reload()
    wait_until(lambda: post(province, papers, b"")[0] == 400, "the proxy has read the list")
