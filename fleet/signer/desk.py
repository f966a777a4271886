# SPDX-License-Identifier: Apache-2.0
"""The signer's desk: a request claims a name, asks for the next certificate or brings a hand-over's report.

The answer grants it or says why not.

A WSGI application behind the reverse proxy, on a socket that nothing else may open. Whoever asks may be anybody: what
comes in is bounded, signed by what it brings or by what is registered, and decoded strictly. Source: docs/adr/0037.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
import structlog
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from fleet import audit
from fleet.devices import claims, issuing, self_tests
from fleet.devices.claims import ClaimRefusedError
from fleet.signer.tries import Tries
from fleet.store.session import reading, unit_of_work
from wire.certificates import pem, requested_key
from wire.claims import (
    CLAIM,
    MEDIA_TYPE,
    RENEWAL,
    REQUEST_BYTES,
    Address,
    Bundle,
    ClaimCode,
    Refusal,
    Renewed,
    Why,
    open_claim,
)
from wire.errors import TooLarge, WireError
from wire.self_tests import SELF_TEST, SELF_TEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from sqlalchemy import Connection, Engine

    from fleet.devices.claims import Entry
    from fleet.devices.issuing import Issuer
    from wire.registration import Trust
    from wire.self_tests import Received

ADDRESS_HEADER = "Dipchip-Address"  # whose connection it was, as the proxy saw it
_AGAIN_S = 5  # while the database is away, or somebody else was given that very name at that very moment
_DAY_MS = 24 * 60 * 60 * 1000
_ROOTS_SOON_MS = 60 * _DAY_MS  # two people have to meet before
_TRY_AGAIN = (OperationalError, InterfaceError, IntegrityError)
_JSON = "application/json"
_AT_MOST = MappingProxyType({CLAIM: REQUEST_BYTES, RENEWAL: REQUEST_BYTES, SELF_TEST: SELF_TEST_BYTES})
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Fleet:
    """What every kiosk of this fleet is told."""

    trust: Trust
    brokers: tuple[Address, ...]
    https: Address
    policy: str | None
    roots: tuple[str, ...] = ()  # by version, from the first
    roots_until_ms: int | None = None  # until when a kiosk may begin to trust the newest

    def roots_after(self, version: int | None) -> tuple[str, ...]:
        """What leads on from a version; nothing for a kiosk that knows none."""
        return () if version is None else self.roots[version:]


class TurnedAwayError(Exception):
    """A request that is not even looked at."""

    def __init__(self, status: HTTPStatus, why: Why | None = None) -> None:
        """Keep both."""
        self.status = status
        self.why = why
        super().__init__(status.phrase)


class Desk:
    """Grants claims and renewals, and takes reports."""

    def __init__(self, engine: Engine, issuer: Issuer, fleet: Fleet, now_ms: Callable[[], int]) -> None:
        """Ready to answer."""
        self._engine = engine
        self._issuer = issuer
        self._fleet = fleet
        self._now_ms = now_ms
        self._tries = Tries()
        self._warned_ms = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        try:
            granted = self._granted(environ)
        except TurnedAwayError as error:
            return _answered(error.status, None if error.why is None else Refusal(1, error.why), start_response)
        except ClaimRefusedError as error:
            return _answered(HTTPStatus.FORBIDDEN, Refusal(1, error.why), start_response)
        except _TRY_AGAIN as error:
            _log.error("database_away", error=type(error).__name__)
            return _answered(HTTPStatus.SERVICE_UNAVAILABLE, None, start_response)
        return _answered(HTTPStatus.OK, granted, start_response)

    def _granted(self, environ: WSGIEnvironment) -> msgspec.Struct:
        path, body = _request(environ)
        self._warn_of_roots(self._now_ms())
        try:
            if path == RENEWAL:
                return self._asked_again(body, self._now_ms())
            if path == SELF_TEST:
                return self._tested(body, self._now_ms())
            return self._tried(str(environ.get(_environ_name(ADDRESS_HEADER), "")), body, self._now_ms())
        except WireError as error:
            large = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if isinstance(error, TooLarge) else HTTPStatus.BAD_REQUEST
            raise TurnedAwayError(large, Why.MALFORMED) from error

    def _warn_of_roots(self, now_ms: int) -> None:
        """Say each day that somebody asks on which the roots end within two months, or have ended."""
        until_ms = self._fleet.roots_until_ms
        if until_ms is not None and until_ms <= now_ms + _ROOTS_SOON_MS and now_ms >= self._warned_ms + _DAY_MS:
            self._warned_ms = now_ms
            _log.warning("roots_end_soon", until_ms=until_ms)

    def _tried(self, address: str, message: bytes, now_ms: int) -> Bundle:
        """A claim, unless this address was refused too often: codes can be guessed, keys cannot."""
        if not self._tries.may_ask(address, now_ms):
            _log.warning("claims_tried_too_often", address=address)
            raise TurnedAwayError(HTTPStatus.TOO_MANY_REQUESTS, Why.TOO_MANY)
        try:
            return self._claimed(message, now_ms)
        except (WireError, ClaimRefusedError) as error:
            self._tries.refused(address, now_ms)
            _log.warning("claim_refused", why=str(getattr(error, "why", Why.MALFORMED)))
            raise

    def _asked_again(self, message: bytes, now_ms: int) -> Renewed:
        try:
            return self._renewed(message, now_ms)
        except ClaimRefusedError as error:
            _log.warning("renewal_refused", why=str(error.why))
            raise

    def _tested(self, message: bytes, now_ms: int) -> Received:
        with unit_of_work(self._engine) as connection:
            received = self_tests.receive(connection, message, now_ms)
        _log.info("self_test_received", kiosk=received.kiosk)
        return received

    def _claimed(self, message: bytes, now_ms: int) -> Bundle:
        asked = open_claim(message)
        digest = claims.digest(ClaimCode(asked.code), asked.facility)  # slow: before anybody is held up
        with reading(self._engine) as connection:
            claims.require(connection, digest)
        with unit_of_work(self._engine) as connection:
            entry, is_new = claims.take(connection, asked, digest, now_ms)
            chain = issuing.certify(connection, self._issuer, entry.kiosk, requested_key(asked.request), now_ms)
            if is_new:
                _record(connection, entry, now_ms)
        _log.info("kiosk_claimed", kiosk=entry.kiosk, again=not is_new)
        return self._bundle(entry, chain, self._fleet.roots_after(asked.roots))

    def _renewed(self, message: bytes, now_ms: int) -> Renewed:
        with reading(self._engine) as connection:
            issuing.require(connection, message)
        with unit_of_work(self._engine) as connection:
            asked, chain = issuing.renew(connection, self._issuer, message, now_ms)
        _log.info("certificate_renewed", kiosk=asked.kiosk)
        return Renewed(1, asked.kiosk, chain, self._fleet.roots_after(asked.roots))

    def _bundle(self, entry: Entry, chain: str, roots: tuple[str, ...]) -> Bundle:
        return Bundle(
            v=1,
            kiosk=entry.kiosk,
            facility=entry.facility,
            province=entry.province,
            shard=entry.shard,
            profile=entry.profile,
            certificate=chain,
            root=pem(self._issuer.root).decode("ascii"),
            trust=self._fleet.trust,
            brokers=self._fleet.brokers,
            https=self._fleet.https,
            policy=self._fleet.policy,
            roots=roots,
        )


def _record(connection: Connection, entry: Entry, now_ms: int) -> None:
    detail: audit.Detail = {"facility": entry.facility, "province": entry.province, "claim": entry.number}
    act, by = audit.Act.KIOSK_REGISTERED, entry.made_by
    audit.record(connection, act, who=by, subject=entry.kiosk, at_ms=now_ms, detail=detail)


def _request(environ: WSGIEnvironment) -> tuple[str, bytes]:
    path = str(environ.get("PATH_INFO"))
    if path not in _AT_MOST:
        raise TurnedAwayError(HTTPStatus.NOT_FOUND)
    if environ.get("REQUEST_METHOD") != "POST":
        raise TurnedAwayError(HTTPStatus.METHOD_NOT_ALLOWED)
    if environ.get("CONTENT_TYPE") != MEDIA_TYPE:
        raise TurnedAwayError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return path, environ["wsgi.input"].read(_AT_MOST[path] + 1)


def _environ_name(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"


def _answered(status: HTTPStatus, what: msgspec.Struct | None, start_response: StartResponse) -> Iterable[bytes]:
    body = b"" if what is None else msgspec.json.encode(what)
    headers = [("Content-Type", _JSON), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", str(_AGAIN_S)))
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
