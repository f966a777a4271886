# SPDX-License-Identifier: Apache-2.0
"""The courier carries a request for the next certificate, leaves the answer whole, and notices what was installed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization

from kiosk.config import Broker, Https
from kiosk.courier import tls
from kiosk.courier.renewing import Renewing
from tests.simulators.https_server import HttpsServer, Request
from tests.simulators.services import wait_until
from wire.certificates import LEAF_LIFE, Authority, new_key, pem
from wire.claims import ANSWER_BYTES, MEDIA_TYPE, RENEWAL, RENEWAL_ANSWER, RENEWAL_REQUEST, RENEWAL_WANTED, Refusal, Why

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptography import x509

NOW = datetime.now(UTC).replace(microsecond=0)
ROOT = Authority.root("root", new_key(), NOW)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    folder = tmp_path / "server"
    folder.mkdir()
    with HttpsServer(folder) as server:
        yield server


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    spool = tmp_path / "renewal"
    spool.mkdir()
    return spool


def broker(folder: Path, ca: Path | None = None) -> Broker:
    return Broker(
        host="localhost", ca=ca or folder / "ca.pem", certificate=folder / "kiosk.crt", key=folder / "kiosk.key"
    )


def renewing(server: HttpsServer, spool: Path) -> Renewing:
    return Renewing(spool=spool, broker=broker(spool, server.ca), https=Https(host="localhost", port=server.port))


def answering(status: int, body: bytes) -> Callable[[Request], None]:
    def answer(request: Request) -> None:
        request.begin(status, Content_Length=str(len(body)))
        request.send(body)

    return answer


def test_a_request_is_carried_once_and_its_answer_left_beside_it(server: HttpsServer, spool: Path) -> None:
    server.on(RENEWAL, answering(200, b'{"granted":true}'))
    courier = renewing(server, spool)
    courier.look(0)
    assert server.posted == []
    (spool / RENEWAL_REQUEST).write_bytes(b"a.signed.request")
    courier.look(10)
    wait_until((spool / RENEWAL_ANSWER).exists, "the answer is left")
    for at_s in range(20, 2000, 10):
        courier.look(at_s)
    (posted,) = server.posted
    assert (posted.path, posted.headers["Content-Type"], posted.body) == (RENEWAL, MEDIA_TYPE, b"a.signed.request")
    assert (spool / RENEWAL_ANSWER).read_bytes() == b'{"granted":true}'
    assert {path.name for path in spool.iterdir()} == {RENEWAL_REQUEST, RENEWAL_ANSWER}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, msgspec.json.encode(Refusal(1, Why.REVOKED))),
        (429, b""),
        (502, b"<html>"),
        (200, b"x" * (ANSWER_BYTES + 1)),
    ],
)
def test_what_is_not_granted_is_asked_again_later_and_leaves_nothing(
    server: HttpsServer, spool: Path, status: int, body: bytes
) -> None:
    server.on(RENEWAL, answering(status, body))
    (spool / RENEWAL_REQUEST).write_bytes(b"a.signed.request")
    courier = renewing(server, spool)
    for at_s in (0.0, 10.0, 20.0):
        courier.look(at_s)
        wait_until(lambda: len(server.posted) == 1, "it was asked")
    settle(courier, 30)
    courier.look(100)
    assert len(server.posted) == 1, "it waits some minutes"
    courier.look(2000)
    wait_until(lambda: len(server.posted) == 2, "it asks again")
    settle(courier, 2010)
    assert {path.name for path in spool.iterdir()} == {RENEWAL_REQUEST}


def test_where_a_new_key_is_ordered_a_request_is_wanted_until_it_lies_there(server: HttpsServer, spool: Path) -> None:
    ordered = [True]
    https = Https(host="localhost", port=server.port)
    courier = Renewing(spool=spool, broker=broker(spool, server.ca), https=https, is_ordered=lambda: ordered[0])
    server.on(RENEWAL, answering(403, msgspec.json.encode(Refusal(1, Why.NOT_DUE))))
    courier.look(0)
    assert {path.name for path in spool.iterdir()} == {RENEWAL_WANTED}
    (spool / RENEWAL_WANTED).rename(spool / RENEWAL_REQUEST)
    courier.look(10)
    wait_until(lambda: len(server.posted) == 1, "it was asked")
    settle(courier, 20)
    assert {path.name for path in spool.iterdir()} == {RENEWAL_REQUEST}
    ordered[0] = False
    (spool / RENEWAL_REQUEST).unlink()
    courier.look(2000)
    assert list(spool.iterdir()) == []


def settle(courier: Renewing, at_s: float) -> None:
    """Let the request that is under way end, and the courier notice."""
    wait_until(lambda: not courier.busy, "the request has ended")
    courier.look(at_s)


def test_a_server_that_the_fleet_has_not_certified_is_told_nothing(
    server: HttpsServer, spool: Path, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(pem(ROOT.certificate))
    (spool / RENEWAL_REQUEST).write_bytes(b"a.signed.request")
    courier = Renewing(spool=spool, broker=broker(spool, stranger), https=Https(host="localhost", port=server.port))
    courier.look(0)
    settle(courier, 10)
    assert server.posted == []


def pair(folder: Path, began: datetime, *, beside: bool) -> x509.Certificate:
    """A key and its certificate, in one file or in two."""
    key = new_key()
    leaf = ROOT.client("k-one", key.public_key(), began)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "kiosk.key").write_bytes(text + (b"" if beside else pem(leaf)))
    (folder / "kiosk.crt").write_bytes(pem(leaf))
    (folder / "ca.pem").write_bytes(pem(ROOT.certificate))
    return leaf


@pytest.mark.parametrize("beside", [True, False])
def test_the_certificate_beside_the_key_or_in_its_file_is_shown(tmp_path: Path, *, beside: bool) -> None:
    leaf = pair(tmp_path, NOW, beside=beside)
    tls.context(broker(tmp_path))
    assert tls.certificate_ms(broker(tmp_path)) == int(leaf.not_valid_after_utc.timestamp()) * 1000


def test_the_pair_counts_also_while_its_copy_is_still_the_old_one(tmp_path: Path) -> None:
    pair(tmp_path, NOW - LEAF_LIFE, beside=False)
    old = (tmp_path / "kiosk.crt").read_bytes()
    new = pair(tmp_path, NOW, beside=False)
    (tmp_path / "kiosk.crt").write_bytes(old)  # a power cut between the two
    tls.context(broker(tmp_path))
    until_ms = tls.certificate_ms(broker(tmp_path))
    assert until_ms == int(new.not_valid_after_utc.timestamp()) * 1000
    assert not tls.lies_newer(broker(tmp_path), until_ms)


def test_a_younger_certificate_is_noticed_and_the_same_or_none_is_not(tmp_path: Path) -> None:
    pair(tmp_path, NOW, beside=False)
    until_ms = tls.certificate_ms(broker(tmp_path))
    assert not tls.lies_newer(broker(tmp_path), until_ms)
    pair(tmp_path, NOW + timedelta(days=1), beside=False)
    assert tls.lies_newer(broker(tmp_path), until_ms)
    (tmp_path / "kiosk.crt").write_bytes(b"half a file")
    assert not tls.lies_newer(broker(tmp_path), until_ms)
    (tmp_path / "kiosk.crt").unlink()
    assert not tls.lies_newer(broker(tmp_path), until_ms)
