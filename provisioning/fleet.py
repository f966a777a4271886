# SPDX-License-Identifier: Apache-2.0
"""Makes a fleet's folder: its authority, its broker, and its controller with one settings file per process.

Each process's file names only what that process needs; only the relay's names the key that opens identities.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from provisioning import door, roots, signer
from provisioning.authority import Authorities, key_file
from provisioning.broker import CONTROLLER, Listener, render
from provisioning.errors import RefusedError
from provisioning.files import Report, as_json, folder, public, read_json, refuse_if_lost, secret
from provisioning.places import BrokerPlaces, ControllerPlaces, DoorPlaces, Layout
from provisioning.policies import policy_key
from provisioning.rendering import toml
from wire.certificates import pem
from wire.ids import key_id
from wire.registration import Trust
from wire.sealing import OpeningKey
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

_TOKEN_BYTES = 32  # a key as long as HMAC-SHA-256's output (RFC 2104, 3)
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Console:
    """The console's port on this machine, the address of the proxy with TLS before it, and whether nobody signs in."""

    port: int
    origin: str = ""
    is_open: bool = False

    def __post_init__(self) -> None:
        """Refuse an address that is no origin, and a console that is open to other machines."""
        if self.origin and not _ORIGIN.fullmatch(self.origin):
            message = f"--console-origin {self.origin!r}: give https:// and a name in lower case, without a path."
            raise RefusedError(message)
        if self.origin and self.is_open:
            message = "--open-console is for one machine. Leave out --console-origin, or let people sign in."
            raise RefusedError(message)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the fleet shall look like."""

    listener: Listener
    entrance: door.Entrance
    database_url: str
    idp_url: str
    console: Console
    layout: Layout

    def __post_init__(self) -> None:
        """Refuse a provider that identities would reach in the clear."""
        url = urlsplit(self.idp_url)
        loopback = url.scheme == "http" and url.hostname in _LOOPBACK
        if not loopback and not (url.scheme == "https" and url.hostname):
            message = f"--idp-url {self.idp_url!r}: give an https:// address, or http:// on this machine only."
            raise RefusedError(message)

    def __repr__(self) -> str:
        """Leave out the database's address: it may hold a password."""
        return f"Plan({self.listener!r}, layout={self.layout!s})"


def make(place: Path, plan: Plan, now: datetime, report: Report) -> None:
    """Make or bring up to date the folder of a fleet. Keys that are there stay.

    Raises:
        RefusedError: when the roots that were signed last name other keys.
        FolderError: when a key was lost that kiosks trust, or that tells people apart: a new one would break both.
    """
    folder(place)
    beside = ControllerPlaces()
    for name in (beside.receipt, beside.answer, beside.sealing, beside.token):
        refuse_if_lost(place / "controller" / name, made_with=place / "trust.json")
    authorities = Authorities.make(place / "authority", now, report)
    policies = policy_key(place, report).public().jwk()
    render(authorities, place / "broker", BrokerPlaces.of(plan.layout, place / "broker"), plan.listener)
    at_door = DoorPlaces.of(plan.layout, place / "door")
    if plan.entrance.host:
        door.render(authorities, place / "door", at_door, plan.entrance)
    trust = msgspec.structs.replace(_controller(authorities, place / "controller", plan), policy_key=policies)
    public(place / "trust.json", as_json(msgspec.to_builtins(trust)), report)
    roots.refuse_other_keys(place, trust)
    signer.render(
        authorities,
        place,
        listener=plan.listener,
        entrance=plan.entrance,
        database_url=plan.database_url,
        layout=plan.layout,
    )
    public(place / "fleet.toml", _told(plan), report)


def _told(plan: Plan) -> bytes:
    return toml(
        "fleet",
        host=plan.listener.host,
        port=plan.listener.port,
        https_host=plan.entrance.host,
        https_port=plan.entrance.port,
    )


def _controller(authorities: Authorities, place: Path, plan: Plan) -> Trust:
    report = authorities.report
    for name in ("", "tls", "relay", "alerts"):
        folder(place / name, private=True)
    beside = ControllerPlaces()
    authorities.client(CONTROLLER, key_file(place / beside.key, report), place / beside.certificate)
    public(place / beside.ca, pem(authorities.root.certificate), report)
    receipt = SigningKey.from_jwk(jwk_file(place / beside.receipt, _new_signing("controller#1"), report))
    answer = SigningKey.from_jwk(jwk_file(place / beside.answer, _new_signing("relay#1"), report))
    sealing = OpeningKey.from_jwk(jwk_file(place / beside.sealing, _new_opening("relay-sealing#1"), report))
    secret(place / beside.token, _new_token, report)
    secret(place / beside.operators, _new_token, report)
    secret(place / beside.webhook, _new_webhook_secret, report)
    _settings(place, plan, report)
    return Trust(1, receipt.public().jwk(), answer.public().jwk(), sealing.public().jwk())


def _settings(place: Path, plan: Plan, report: Report) -> None:
    at = ControllerPlaces.of(plan.layout)
    database = plan.database_url
    courier = toml(
        "courier",
        database_url=database,
        host=plan.listener.host,
        port=plan.listener.port,
        ca=at.ca,
        certificate=at.certificate,
        key=at.key,
        receipt=at.receipt,
    )
    relay = toml(
        "relay", database_url=database, sealing=at.sealing, token=at.token, answer=at.answer, idp_url=plan.idp_url
    )
    socket = str(DoorPlaces.of(plan.layout, place.parent / "door").socket)
    door_settings = toml("door", database_url=database, socket=socket, receipt=at.door_receipt)
    public(place / "courier.toml", courier, report)
    public(place / "door.toml", door_settings, report)
    public(place / "relay.toml", relay, report)
    alerts = toml("alerts", database_url=database, webhook=at.webhook, origin=plan.console.origin)
    public(place / "alerts.toml", alerts, report)
    public(place / "web.toml", _console(plan, at.operators), report)


def _console(plan: Plan, operators: str) -> bytes:
    kept = {"database_url": plan.database_url, "operators": operators}
    if plan.console.is_open:
        return toml("web-open", port=plan.console.port, **kept)
    return toml("web", port=plan.console.port, origin=plan.console.origin, **kept)


def jwk_file(path: Path, make_key: Callable[[], dict[str, Any]], report: Report) -> dict[str, Any]:
    """The private JWK in this file; made when it is not there, never overwritten."""
    secret(path, lambda: as_json(make_key()), report)
    return read_json(path)


def _new_signing(kid: str) -> Callable[[], dict[str, Any]]:
    return lambda: SigningKey.generate(key_id(kid)).jwk()


def _new_opening(kid: str) -> Callable[[], dict[str, Any]]:
    return lambda: OpeningKey.generate(key_id(kid)).jwk()


def _new_webhook_secret() -> bytes:
    """As Standard Webhooks 1.0.0 writes one."""
    return b"whsec_" + base64.b64encode(secrets.token_bytes(_TOKEN_BYTES))


def _new_token() -> bytes:
    return base64.urlsafe_b64encode(secrets.token_bytes(_TOKEN_BYTES))
