# SPDX-License-Identifier: Apache-2.0
"""Walks the ways to the controller step by step and says where each ends: name, port, TLS, certificate, answer.

It sends no MQTT CONNECT: the broker knows a session by the certificate's name, so a second one would throw the
running courier out. What the door is sent is an empty request, which changes nothing.
"""

from __future__ import annotations

import errno
import queue
import socket
import ssl
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from typing import TYPE_CHECKING

from cryptography import x509

from kiosk import device
from kiosk.courier import tls
from kiosk.findings import OK, Code, Figure, Finding, Level, Part, Stage, Step, Way
from wire.posting import INGEST, MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPResponse

    from kiosk.config import Broker, Https


_PATIENCE_S = 8.0
_VERDICT_S = 1.0  # TLS 1.3 lets the client finish first: the server's no comes a way later, and its yes never
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})  # X509_V_ERR_...; openssl-verification-options(1)
_NOT_NOW = frozenset({9, 10})
_OTHER_NAME = frozenset({62, 63, 64})
_NO_ROUTE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})
_ISSUER_LETTERS = 200


class _EndsHereError(Exception):
    """A way goes no further than this step."""

    def __init__(self, code: str, technician: str = "") -> None:
        super().__init__(technician)
        self.code = code


@dataclass(slots=True)
class Walk:
    """The steps of one way, as far as they went."""

    way: Way
    host: str
    port: int
    steps: list[Step] = field(default_factory=list)
    sent_from: str = ""
    door_ahead_s: float | None = None

    @property
    def code(self) -> str:
        """`ok`, or where it ended."""
        return self.steps[-1].code if self.steps else OK

    def step(self, stage: Stage, act: Callable[[], None]) -> bool:
        """Take a step and note what came of it; whether there is a next one."""
        at_ms, began_s = device.wall_ms(), time.monotonic()
        code, technician = OK, ""
        try:
            act()
        except _EndsHereError as end:
            code, technician = end.code, str(end)
        took_ms = round((time.monotonic() - began_s) * 1000)
        self.steps.append(
            Step(
                way=self.way,
                stage=stage,
                host=self.host,
                port=self.port,
                code=code,
                at_ms=at_ms,
                took_ms=took_ms,
                technician=technician,
            )
        )
        return code == OK


def walk(broker: Broker, https: Https) -> tuple[Walk, ...]:
    """Go both ways, the door's where there is one."""
    return (to_broker(broker), *((to_door(broker, https),) if https.host else ()))


def to_broker(broker: Broker) -> Walk:
    """As far as MQTT would begin."""
    way = Walk(Way.BROKER, broker.host, broker.port)
    if _reaches(way, broker):
        way.step(Stage.CERTIFICATE, lambda: _shows_papers(way, broker))
    return way


def to_door(broker: Broker, https: Https) -> Walk:
    """As far as the door's answer, which shows also whether it takes the certificate."""
    way = Walk(Way.DOOR, https.host, https.port)
    if _reaches(way, broker):
        way.step(Stage.ANSWER, lambda: _asks(way, broker))
    return way


def judged(walks: tuple[Walk, ...]) -> Finding:
    """One way that is open is enough to enrol; where both are closed the network is."""
    steps = tuple(step for each in walks for step in each.steps)
    figures: dict[str, Figure] = {}
    if sent_from := next((each.sent_from for each in walks if each.sent_from), ""):
        figures["sent_from"] = Figure(sent_from)
    ended = [each.steps[-1] for each in walks if each.code != OK]
    if not ended:
        return Finding(part=Part.NETWORK, code=OK, level=Level.WELL, figures=figures, steps=steps)
    first = ended[0]
    level = Level.CARE if len(ended) < len(walks) else Level.FAULT
    if first.code == Code.NOT_PERMITTED and level is Level.FAULT:
        level = Level.UNKNOWN
    technician = f"{first.host}:{first.port}: {first.technician}" if first.technician else f"{first.host}:{first.port}"
    return Finding(part=Part.NETWORK, code=first.code, level=level, figures=figures, steps=steps, technician=technician)


def _reaches(way: Walk, broker: Broker) -> bool:
    return (
        way.step(Stage.NAME, lambda: _resolves(way))
        and way.step(Stage.PORT, lambda: _connects(way))
        and way.step(Stage.TLS, lambda: _is_ours(way, broker))
    )


def _resolves(way: Walk) -> None:
    """The resolver knows no deadline, so it works in a thread that may be left behind."""
    answers: queue.Queue[Exception | None] = queue.Queue()

    def ask() -> None:
        try:
            socket.getaddrinfo(way.host, way.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(error)
        else:
            answers.put(None)

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        error = answers.get(timeout=_PATIENCE_S)
    except queue.Empty:
        raise _EndsHereError(Code.NAME_SILENT, f"no answer in {_PATIENCE_S:.0f} s") from None
    if error is not None:
        is_silent = isinstance(error, OSError) and error.errno == socket.EAI_AGAIN
        raise _EndsHereError(Code.NAME_SILENT if is_silent else Code.NAME_UNKNOWN, _reason(error))
    way.sent_from = _own_address(way)


def _own_address(way: Walk) -> str:
    """From which of this machine's addresses a connection would come: connecting a UDP socket sends nothing."""
    with suppress(OSError):
        family, kind, protocol, _, address = socket.getaddrinfo(way.host, way.port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as asked:
            asked.connect(address)
            return str(asked.getsockname()[0])
    return ""


def _connects(way: Walk) -> None:
    _connected(way).close()


def _connected(way: Walk) -> socket.socket:
    try:
        return socket.create_connection((way.host, way.port), timeout=_PATIENCE_S)
    except ConnectionRefusedError as error:
        raise _EndsHereError(Code.PORT_REFUSED, _reason(error)) from error
    except TimeoutError as error:
        raise _EndsHereError(Code.PORT_SILENT, f"no answer in {_PATIENCE_S:.0f} s") from error
    except OSError as error:
        code = Code.NO_ROUTE if error.errno in _NO_ROUTE else Code.PORT_REFUSED
        raise _EndsHereError(code, _reason(error)) from error


def _is_ours(way: Walk, broker: Broker) -> None:
    try:
        context = tls.without_papers(broker)
    except OSError as error:
        raise _unusable(broker.ca.name, error) from error
    with closing(_connected(way)) as connection:
        _wrapped(way, connection, context).close()


def _wrapped(way: Walk, connection: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(connection, server_hostname=way.host)
    except ssl.SSLCertVerificationError as error:
        raise _not_ours(way, error) from error
    except ssl.SSLError as error:
        raise _no_tls(way, error) from error
    except TimeoutError as error:
        raise _EndsHereError(Code.TLS_CUT, f"no answer in {_PATIENCE_S:.0f} s") from error
    except OSError as error:
        raise _EndsHereError(Code.TLS_CUT, _reason(error)) from error


def _not_ours(way: Walk, error: ssl.SSLCertVerificationError) -> _EndsHereError:
    issuer = _who_answers(way)
    if error.verify_code in _UNKNOWN_ISSUER:
        return _EndsHereError(Code.TLS_INTERCEPTED, f"certified by {issuer or 'somebody unknown'}")
    if error.verify_code in _NOT_NOW:
        return _EndsHereError(Code.TLS_OUT_OF_DATE, error.verify_message)
    code = Code.TLS_OTHER_NAME if error.verify_code in _OTHER_NAME else Code.TLS_REFUSED
    return _EndsHereError(code, error.verify_message)


def _no_tls(way: Walk, error: ssl.SSLError) -> _EndsHereError:
    """Without TLS 1.3 it is an old server, or a proxy that opens the connection: its certificate tells."""
    reason = error.reason or type(error).__name__
    if reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"}:
        return _EndsHereError(Code.TLS_NOT_SPOKEN, reason)
    if isinstance(error, ssl.SSLEOFError):
        return _EndsHereError(Code.TLS_CUT, reason)
    issuer = _who_answers(way)
    return _EndsHereError(Code.TLS_REFUSED, f"{reason}, certified by {issuer}" if issuer else reason)


def _who_answers(way: Walk) -> str:
    """The issuer of whatever certificate is shown; nothing is sent in that connection, and nothing believed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with suppress(_EndsHereError, OSError, ValueError), closing(_connected(way)) as connection:
        with context.wrap_socket(connection, server_hostname=way.host) as seen:
            shown = x509.load_der_x509_certificate(seen.getpeercert(binary_form=True) or b"")
        return shown.issuer.rfc4514_string()[:_ISSUER_LETTERS]
    return ""


def _papers(broker: Broker) -> ssl.SSLContext:
    try:
        return tls.context(broker)
    except OSError as error:
        raise _unusable(broker.key.name, error) from error


def _unusable(name: str, error: OSError) -> _EndsHereError:
    """Also of `ssl.SSLError`, which is an OSError; neither quotes what a file holds."""
    if isinstance(error, PermissionError):
        return _EndsHereError(Code.NOT_PERMITTED, f"{name}: not yours to read")
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return _EndsHereError(Code.CERTIFICATE_UNUSABLE, f"{name}: {reason or type(error).__name__}")


def _shows_papers(way: Walk, broker: Broker) -> None:
    context = _papers(broker)
    with closing(_connected(way)) as connection, _wrapped(way, connection, context) as session:
        session.settimeout(_VERDICT_S + way.steps[-1].took_ms / 1000)
        try:
            heard = session.recv(1)
        except TimeoutError:
            return  # it waits for MQTT's first word
        except ssl.SSLError as error:
            raise _EndsHereError(Code.CERTIFICATE_REFUSED, error.reason or type(error).__name__) from error
        except OSError as error:
            raise _EndsHereError(Code.CERTIFICATE_REFUSED, _reason(error)) from error
    if not heard:
        raise _EndsHereError(Code.CERTIFICATE_REFUSED, "the connection was closed")


def _asks(way: Walk, broker: Broker) -> None:
    context = _papers(broker)
    try:
        with closing(HTTPSConnection(way.host, way.port, timeout=_PATIENCE_S, context=context)) as connection:
            connection.request("POST", INGEST, b"", {"Content-Type": MEDIA_TYPE})
            response = connection.getresponse()
            way.door_ahead_s = _ahead_s(response)
            _judge(response)
    except ssl.SSLError as error:
        raise _EndsHereError(Code.CERTIFICATE_REFUSED, error.reason or type(error).__name__) from error
    except TimeoutError as error:
        raise _EndsHereError(Code.DOOR_SILENT, f"no answer in {_PATIENCE_S:.0f} s") from error
    except (OSError, HTTPException) as error:
        raise _EndsHereError(Code.DOOR_SILENT, type(error).__name__) from error


def _judge(response: HTTPResponse) -> None:
    status = response.status
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}:  # nginx says 400 of a certificate, the door 403
        raise _EndsHereError(Code.CERTIFICATE_REFUSED, f"HTTP {status}")
    if status != HTTPStatus.OK:
        raise _EndsHereError(Code.DOOR_NOT_SERVING, f"HTTP {status}")
    if response.getheader("Content-Type", "") != MEDIA_TYPE:
        raise _EndsHereError(Code.DOOR_OF_ANOTHER, "another server answers")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or type(error).__name__


def _ahead_s(response: HTTPResponse) -> float | None:
    """By how much the door's clock is ahead of this one; None where it does not say."""
    try:
        told = parsedate_to_datetime(response.getheader("Date", ""))
    except (TypeError, ValueError):
        return None
    return (told.replace(tzinfo=told.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
