# SPDX-License-Identifier: Apache-2.0
"""The door for kiosks that cannot reach the broker: one request holds what a kiosk says, the answer what it is told.

A WSGI application behind a reverse proxy that has checked the kiosk's certificate and says its name in one header; it
must be reachable by nothing else. What comes in takes the road of everything that comes over the broker: the same
verification, the same transaction, receipts after the commit. Source: docs/adr/0014.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog

from fleet.courier import answers
from fleet.courier.committing import DATABASE_AWAY
from fleet.courier.reception import Incoming, origin
from wire.errors import TooLarge, WireError
from wire.ids import KioskId, kiosk_id
from wire.posting import INGEST, MEDIA_TYPE, POST_BYTES, pack, unpack
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIEnvironment

    from sqlalchemy import Engine

    from fleet.courier.committing import Committer, Outbound
    from wire.posting import Posted

NAME_HEADER = "Dipchip-Kiosk"  # the certificate's CN, as the proxy has checked it
_AGAIN_S = 5  # while the database is away
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TurnedAwayError(Exception):
    """A request that is not taken, and why."""

    status: HTTPStatus


class Door:
    """Takes a kiosk's messages and answers with its receipts, and with the relay's answers when it asks for any."""

    def __init__(self, engine: Engine, committer: Committer, now_ms: Callable[[], int]) -> None:
        self._engine = engine
        self._committer = committer
        self._now_ms = now_ms

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        try:
            who = _sender(environ)
            messages = _messages(environ, who)
            body = pack((each.topic, each.payload) for each in self._taken(who, messages))
        except TurnedAwayError as refused:
            return _refused(refused.status, start_response)
        except DATABASE_AWAY as error:
            _log.error("database_away", error=type(error).__name__)
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, start_response)
        start_response("200 OK", [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body)))])
        return [body]

    def _taken(self, who: KioskId, messages: Sequence[Posted]) -> list[Outbound]:
        now_ms = self._now_ms()
        told = self._committer.take([Incoming(topic, message, now_ms) for topic, message in messages])
        return [*told, *(answers.latest(self._engine, who) if _asks(messages) else ())]


def _sender(environ: WSGIEnvironment) -> KioskId:
    """Whose certificate it was. No header: somebody came around the proxy, or the certificate is no kiosk's."""
    try:
        return kiosk_id(environ.get(f"HTTP_{NAME_HEADER.upper().replace('-', '_')}", ""))
    except WireError:
        _log.warning("door_without_certificate")
        raise TurnedAwayError(HTTPStatus.FORBIDDEN) from None


def _messages(environ: WSGIEnvironment, who: KioskId) -> list[Posted]:
    """The request's messages, all of them on topics that the kiosk may write."""
    if environ.get("PATH_INFO") != INGEST:
        raise TurnedAwayError(HTTPStatus.NOT_FOUND)
    if environ.get("REQUEST_METHOD") != "POST":
        raise TurnedAwayError(HTTPStatus.METHOD_NOT_ALLOWED)
    if environ.get("CONTENT_TYPE") != MEDIA_TYPE:
        raise TurnedAwayError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    try:
        messages = unpack(environ["wsgi.input"].read(POST_BYTES + 1))
    except TooLarge:
        raise TurnedAwayError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from None
    except WireError:
        raise TurnedAwayError(HTTPStatus.BAD_REQUEST) from None
    for topic, _ in messages:
        came_from = origin(topic)
        if came_from is None or came_from[1] != who:
            _log.warning("topic_refused", kiosk=who)
            raise TurnedAwayError(HTTPStatus.FORBIDDEN)
    return messages


def _asks(messages: Sequence[Posted]) -> bool:
    return any((came_from := origin(topic)) is not None and came_from[2] is Up.ASK for topic, _ in messages)


def _refused(status: HTTPStatus, start_response: StartResponse) -> Iterable[bytes]:
    body = f"{status.phrase}\n".encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", str(_AGAIN_S)))
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
