# SPDX-License-Identifier: Apache-2.0
"""Whether an address that somebody has typed may be called, and a connection that goes there and nowhere else.

1. Only https, only hosts that the settings list, with the port they list.
2. The name is resolved once, and the connection goes to the address that was judged: a name that means another machine
   a moment later gains nothing.
3. Addresses that are not public are denied, unless the settings list that address itself.
4. No redirect is followed, no proxy of the environment is asked, and all of it is over in three seconds.
Source: security design, C9 and 6; OWASP ASVS 5.0, 1.3.6.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fleet.alerts.delivery import UndeliveredError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

TIMEOUT_S = 3.0
_HTTPS = 443
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last four bytes
_NOT_LISTED = "host_not_listed"
_NOT_PUBLIC = "address_not_public"
_NO_ADDRESS = "not_an_address"
_NOT_FOUND = "name_not_found"
_TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Target:
    """A machine that may be called: the name it must prove, the addresses that were judged, and what is asked for."""

    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def judged(url: str, listed: Collection[str], resolver: Callable[[str, int], list[str]] = resolve) -> Target:
    """Where this address leads, if it may be called. `listed` are hosts, with `:port` where that is not 443.

    Raises:
        UndeliveredError: it may not; the word says why. What the settings forbid is hopeless.
    """
    host, port, _ = _parts(url)
    allowed = {_listed(each) for each in listed}
    if (host, port) not in allowed:  # 1
        raise UndeliveredError(_NOT_LISTED, hopeless=True)
    found = named(url, resolver)  # 2
    known = {name for name, _ in allowed}
    if not all(is_public(each) or each in known for each in found.addresses):  # 3
        raise UndeliveredError(_NOT_PUBLIC, hopeless=True)
    return found


def named(url: str, resolver: Callable[[str, int], list[str]] = resolve) -> Target:
    """Where an address of the settings themselves leads: whoever wrote it may reach what they like.

    Raises:
        UndeliveredError: it is none, or its name is not found.
    """
    host, port, path = _parts(url)
    try:
        addresses = resolver(host, port)
    except (OSError, UnicodeError) as error:
        raise UndeliveredError(_NOT_FOUND) from error
    if not addresses:
        raise UndeliveredError(_NOT_FOUND)
    return Target(host, port, path, tuple(dict.fromkeys(addresses)))


def _listed(entry: str) -> tuple[str, int]:
    """A host of the settings and its port; an IPv6 address may stand there with brackets or without."""
    bare = entry.lower().strip("[]")
    if bare.count(":") > 1 and "]" not in bare:
        return bare, _HTTPS
    parts = urlsplit(f"//{entry.lower()}")
    return parts.hostname or "", parts.port or _HTTPS


def _parts(url: str) -> tuple[str, int, str]:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise UndeliveredError(_NO_ADDRESS, hopeless=True)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or _HTTPS
    except ValueError as error:
        raise UndeliveredError(_NO_ADDRESS, hopeless=True) from error
    if parts.scheme != "https" or not host or "@" in parts.netloc or parts.fragment:
        raise UndeliveredError(_NO_ADDRESS, hopeless=True)
    return host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def is_public(text: str) -> bool:
    """Whether an address is on the open internet, whatever other address is wrapped in it."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return False
    inner: list[IPv4Address | None] = []
    if isinstance(address, IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    known = [address, *(each for each in inner if each is not None)]
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        known = known[1:]
    return all(each.is_global and not each.is_multicast and not each.is_reserved for each in known)


class _Pinned(http.client.HTTPSConnection):
    """A connection to the address that was judged, whose certificate must be the name's."""

    def __init__(self, target: Target, tls: ssl.SSLContext) -> None:
        super().__init__(target.host, target.port, timeout=TIMEOUT_S, context=tls)
        self._target = target
        self._tls = tls

    def connect(self) -> None:
        """Connect to one of the addresses, and prove the name."""
        raw = self._reached()
        try:
            self.sock = self._tls.wrap_socket(raw, server_hostname=self._target.host)
        except OSError:
            raw.close()
            raise

    def _reached(self) -> socket.socket:
        last = OSError("no address")
        for address in self._target.addresses:
            try:
                return socket.create_connection((address, self._target.port), TIMEOUT_S)
            except OSError as error:
                last = error
        raise last


def call(target: Target, tls: ssl.SSLContext, body: bytes | None, headers: Mapping[str, str]) -> int:
    """The status of a POST with this body, or of a GET without one. What the answer says is not read.

    Raises:
        UndeliveredError: there was no answer in time.
    """
    connection, is_over = _Pinned(target, tls), threading.Event()
    deadline = threading.Timer(TIMEOUT_S, _cut, (connection, is_over))  # 4: a byte now and then makes it no longer
    deadline.daemon = True
    deadline.start()
    try:
        connection.request("GET" if body is None else "POST", target.path, body, dict(headers))
        status = connection.getresponse().status
    except TimeoutError as error:
        raise UndeliveredError(_TIMEOUT) from error
    except ssl.SSLError as error:
        kind = "tls_refused"
        raise UndeliveredError(kind) from error
    except (OSError, http.client.HTTPException) as error:
        kind = _TIMEOUT if is_over.is_set() else "no_connection"
        raise UndeliveredError(kind) from error
    finally:
        deadline.cancel()
        connection.close()
    if is_over.is_set():  # what was cut off looks like the end of an answer
        raise UndeliveredError(_TIMEOUT)
    return status


def _cut(connection: http.client.HTTPSConnection, is_over: threading.Event) -> None:
    is_over.set()
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
