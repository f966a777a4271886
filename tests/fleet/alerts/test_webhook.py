# SPDX-License-Identifier: Apache-2.0
"""What a receiver on loopback gets, and what is called by nobody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.alerts.channels import target
from fleet.alerts.channels.webhook import Webhook, secret
from fleet.alerts.delivery import UndeliveredError
from tests.fleet.alerts.letters import letter, refusal
from tests.fleet.alerts.sights import NOW
from tests.fleet.road import Clock
from tests.simulators.https_server import HttpsServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fleet.alerts.outbox import Letter
    from tests.simulators.https_server import Request

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@pytest.fixture
def https_server(tmp_path: Path) -> Iterator[HttpsServer]:
    with HttpsServer(tmp_path) as server:
        yield server


def webhook(server: HttpsServer, *listed: str, key: bytes = KEY) -> Webhook:
    hosts = listed or (f"localhost:{server.port}", "127.0.0.1", "::1")
    return Webhook(key, frozenset(hosts), Clock(NOW), authorities=str(server.ca))


def answering(status: int, **headers: str) -> object:
    def answer(request: Request) -> None:
        request.begin(status, Content_Length="0", **headers)

    return answer


def hook(server: HttpsServer, status: int = 204, **headers: str) -> Letter:
    return letter(address=server.on("/hook", answering(status, **headers)))  # type: ignore[arg-type]


def test_a_webhook_gets_a_cloud_event_that_a_receiver_can_check(https_server: HttpsServer) -> None:
    sent = hook(https_server)
    webhook(https_server).send(sent)
    (posted,) = https_server.posted
    told = {name.lower(): value for name, value in posted.headers.items()}
    signed = f"{told['webhook-id']}.{told['webhook-timestamp']}.".encode() + posted.body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert told["webhook-signature"] == f"v1,{expected}"
    assert (told["webhook-id"], told["webhook-timestamp"]) == (sent.id, str(NOW // 1000))
    assert told["content-type"] == "application/cloudevents+json; charset=utf-8"
    event = json.loads(posted.body)
    assert {key: event[key] for key in ("specversion", "id", "source", "type", "time")} == {
        "specversion": "1.0",
        "id": sent.id,
        "source": "/dipchip/fleet",
        "type": "th.dipchip.alert.raised.v1",
        "time": "2027-01-15T08:00:00.000Z",
    }
    (alert,) = event["data"]["alerts"]
    assert (alert["subject"], alert["province"], alert["rule"]) == ("kiosk:k41-11013-01", "41", "reader")


@pytest.mark.parametrize(
    ("status", "told"),
    [(500, ("http_500", False)), (404, ("http_404", False)), (410, ("http_410", True)), (429, ("http_429", False))],
)
def test_a_webhook_that_answers_anything_else_has_not_taken_it(
    https_server: HttpsServer, status: int, told: tuple[str, bool]
) -> None:
    assert refusal(webhook(https_server), hook(https_server, status)) == told


def test_a_redirect_is_not_followed(https_server: HttpsServer) -> None:
    elsewhere = https_server.on("/elsewhere", answering(204))  # type: ignore[arg-type]
    assert refusal(webhook(https_server), hook(https_server, 307, Location=elsewhere)) == ("http_307", False)
    assert [path for path, _ in https_server.asked] == ["/hook"]


def test_a_receiver_that_drips_its_answer_is_cut_off(
    https_server: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "TIMEOUT_S", 0.3)  # three seconds of waiting would show nothing more

    def drip(request: Request) -> None:
        request.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        request.wait_until_gone()

    sent = letter(address=https_server.on("/hook", drip))
    assert refusal(webhook(https_server), sent) == ("timeout", False)


def test_a_receiver_that_cannot_prove_its_name_gets_nothing(https_server: HttpsServer) -> None:
    sent = hook(https_server)
    by_address = replace(sent, address=sent.address.replace("localhost", "127.0.0.1"))
    listed = webhook(https_server, f"127.0.0.1:{https_server.port}")
    assert refusal(listed, by_address) == ("tls_refused", False)
    assert https_server.posted == []


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (("ops.example",), ("host_not_listed", True)),
        (("localhost",), ("host_not_listed", True)),
        (("localhost:{port}",), ("address_not_public", True)),
    ],
    ids=["another-host", "another-port", "address-not-listed"],
)
def test_only_what_the_settings_list_is_called(
    https_server: HttpsServer, listed: tuple[str, ...], told: tuple[str, bool]
) -> None:
    hosts = tuple(each.format(port=https_server.port) for each in listed)
    assert refusal(webhook(https_server, *hosts), hook(https_server)) == told
    assert https_server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://ops.example/",
        "https://user:word@ops.example/",
        "https://ops.example\\@10.0.0.1/",
        "https:///hook",
        "https://ops.example/#x",
        "https://ops.example:99999/",
        "https://ops.example:x/",
        "https://ops.exämple/",
        "ftp://ops.example/",
        "https://ops.example/ HTTP/1.1\r\nHost: x",
    ],
)
def test_an_address_that_could_mean_two_things_is_called_by_nobody(url: str) -> None:
    with pytest.raises(UndeliveredError, match="not_an_address"):
        target.judged(url, {"ops.example"}, leading_to("93.184.216.34"))


def leading_to(*addresses: str) -> Callable[[str, int], list[str]]:
    return lambda _host, _port: list(addresses)


PRIVATE = [
    "10.0.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0",  # noqa: S104
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "fd00:ec2::254", "::ffff:169.254.169.254", "nonsense",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_name_leads_to_an_address_that_is_not_public(address: str) -> None:
    assert not target.is_public(address)
    for found in ([address], ["93.184.216.34", address]):
        with pytest.raises(UndeliveredError, match="address_not_public"):
            target.judged("https://ops.example/", {"ops.example"}, leading_to(*found))


@given(st.ip_addresses(v=4))
def test_an_address_that_is_wrapped_in_another_is_judged_as_itself(inner: object) -> None:
    assert target.is_public(f"::ffff:{inner}") == target.is_public(str(inner))


def test_a_name_is_resolved_once_and_what_it_means_a_moment_later_does_not_count() -> None:
    answers = iter([["93.184.216.34"], ["169.254.169.254"]])
    found = target.judged("https://ops.example/x?y=1", {"ops.example"}, lambda _host, _port: next(answers))
    assert (found.addresses, found.path, found.port) == (("93.184.216.34",), "/x?y=1", 443)
    with pytest.raises(UndeliveredError, match="address_not_public"):
        target.judged("https://ops.example/", {"ops.example"}, lambda _host, _port: next(answers))


@pytest.mark.parametrize("listed", ["10.1.2.3", "10.1.2.3:8443", "[::1]", "::1", "[::1]:8443"])
def test_an_address_of_the_hospitals_own_network_may_be_listed(listed: str) -> None:
    address = "::1" if ":1" in listed else "10.1.2.3"
    port = ":8443" if "8443" in listed else ""
    host = f"[{address}]" if ":" in address else address
    found = target.judged(f"https://{host}{port}/", {listed}, leading_to(address))
    assert found.addresses == (address,)


def test_a_name_that_is_not_there_is_asked_for_again_later() -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    for resolver in (nowhere, leading_to()):
        with pytest.raises(UndeliveredError, match="name_not_found") as caught:
            target.judged("https://ops.example/", {"ops.example"}, resolver)
        assert not caught.value.hopeless


def test_a_secret_is_read_as_standard_webhooks_writes_it() -> None:
    assert secret(f"{SECRET}\n") == KEY
    for wrong in ("whsec_???", "whsec_c2hvcnQ=", ""):
        with pytest.raises(ValueError, match="secret") as caught:
            secret(wrong)
        assert wrong == "" or wrong not in str(caught.value)
