# SPDX-License-Identifier: Apache-2.0
"""Brings one file of known size and digest into a folder, from an https address or from another folder.

It knows no person and no kiosk, and believes no server: the file takes its name only when every byte is the right one.
What came before a connection broke is kept, and the next run goes on from there. Proxies are not used.
Source: RFC 9110, sections 14 (ranges) and 15.4 (redirection).
"""

from __future__ import annotations

import hashlib
import http
import http.client
import os
import re
import ssl
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from kiosk.update.errors import AbsentError, FetchError, NoRoomError, OtherBytesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedRandom
    from pathlib import Path

_CHUNK_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_THERE = frozenset({403, 404})  # what some servers say of a file that is not there
_RANGE = re.compile(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file, and how to know it."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a server may take: for one answer, and on the whole, which is its start and then its pace."""

    redirects: int = 5
    silence_s: float = 30.0
    start_s: float = 60.0
    bytes_per_s_at_least: int = 8 * 1024

    def whole_s(self, size_bytes: int) -> float:
        """For a file of this size."""
        return self.start_s + size_bytes / self.bytes_per_s_at_least


def fetch(
    wanted: Wanted,
    url: str,
    folder: Path,
    *,
    context: ssl.SSLContext | None = None,
    limits: Limits = Limits(),
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Fetch a file.

    1. What an earlier run left is kept, unless it is too long, and only the rest is asked for.
    2. Every address is https, also those that a server leads to, and there are few of them.
    3. A length that the server announces is the one that is missing, and no byte beyond it is read.
    4. The digest is that of the whole file; other bytes are thrown away.
    5. The file is on the disk before it takes its name, and replaces what had that name in one step.

    Raises:
        FetchError: with the cause.
    """
    until_s = clock() + limits.whole_s(wanted.size_bytes)
    with _part(wanted, folder) as part:
        have = _kept(part, wanted)  # 1
        if have < wanted.size_bytes:
            with _answer(wanted, url, have, context or ssl.create_default_context(), limits) as answer:  # 2
                part.truncate(_starts_at(answer, wanted, have))  # 3
                for chunk in _chunks(answer, wanted, part.seek(0, os.SEEK_END)):
                    _write(part, chunk, wanted)
                    if clock() > until_s:
                        raise _failed(wanted, "the server is too slow", _AGAIN)
        _settle(part, wanted, folder)  # 4, 5


def copy(wanted: Wanted, source: Path, folder: Path) -> None:
    """Copy a file from another folder, with the same care.

    Raises:
        FetchError: with the cause.
    """
    with _part(wanted, folder) as part:
        part.truncate(0)
        for chunk in _read(source, wanted):
            _write(part, chunk, wanted)
        _settle(part, wanted, folder)


def stream(
    name: str,
    url: str,
    *,
    context: ssl.SSLContext | None = None,
    limits: Limits = Limits(),
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[bytes]:
    """The bytes of a small file whose size nobody knows yet; whoever takes them counts them, and stops.

    Raises:
        AbsentError: the server has none of that name.
        FetchError: with the cause.
    """
    wanted = Wanted(name, sha256="", size_bytes=0)
    until_s = clock() + limits.start_s
    with _answer(wanted, url, 0, context or ssl.create_default_context(), limits) as answer:
        if answer.status in _NOT_THERE:
            message = f"{name}: the server has none. Check the address."
            raise AbsentError(message)
        if answer.status != http.HTTPStatus.OK:
            raise _failed(wanted, f"the server answers {answer.status}", f"Check the address. {_ELSEWHERE}")
        while chunk := answer.read1(_CHUNK_BYTES):
            yield chunk
            if clock() > until_s:
                raise _failed(wanted, "the server is too slow", _AGAIN)


_AGAIN = "Run the command again: it goes on where it stopped."
_ELSEWHERE = "Take the file from another place."


def _failed(wanted: Wanted, cause: str, next_step: str, kind: type[FetchError] = FetchError) -> FetchError:
    return kind(f"{wanted.name}: {cause}. {next_step}")


@contextmanager
def _part(wanted: Wanted, folder: Path) -> Iterator[BufferedRandom]:
    path = folder / f".{wanted.name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        cause = f"{folder} cannot be written ({error.strerror})"
        raise _failed(wanted, cause, "Run the command as the owner of that folder.", NoRoomError) from error
    with os.fdopen(descriptor, "r+b") as part:
        os.fchmod(descriptor, 0o644)  # the kiosk's processes read it as other users
        try:
            yield part
        finally:
            if part.seek(0, os.SEEK_END) == 0:
                path.unlink(missing_ok=True)


def _read(source: Path, wanted: Wanted) -> Iterator[bytes]:
    try:
        with source.open("rb") as file:
            left = wanted.size_bytes + 1  # one more than it has is already too much
            while left and (chunk := file.read(min(_CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk
    except OSError as error:
        cause = f"{source} cannot be read ({error.strerror})"
        raise _failed(wanted, cause, "Give the folder that holds it.") from error


def _write(part: BufferedRandom, chunk: bytes, wanted: Wanted) -> None:
    try:
        part.write(chunk)
        part.flush()
    except OSError as error:
        cause = f"the disk does not take it ({error.strerror})"
        raise _failed(wanted, cause, f"Make room. {_AGAIN}", NoRoomError) from error


def _kept(part: BufferedRandom, wanted: Wanted) -> int:
    size = part.seek(0, os.SEEK_END)
    return size if size <= wanted.size_bytes else 0


@contextmanager
def _answer(
    wanted: Wanted, url: str, have: int, context: ssl.SSLContext, limits: Limits
) -> Iterator[http.client.HTTPResponse]:
    for _ in range(limits.redirects + 1):
        connection, target = _connection(wanted, url, context, limits)
        try:
            connection.request("GET", target, headers=_asked(have))
            answer = connection.getresponse()
            if answer.status not in _REDIRECTS:
                yield answer
                return
            url = _onwards(wanted, url, answer)
        except (OSError, http.client.HTTPException) as error:
            cause = f"{urlsplit(url).hostname} does not answer as it should ({_said(error)})"
            raise _failed(wanted, cause, f"Check network and address. {_AGAIN}") from error
        finally:
            connection.close()
    raise _failed(wanted, f"the server leads on more than {limits.redirects} times", _ELSEWHERE)


def _onwards(wanted: Wanted, url: str, answer: http.client.HTTPResponse) -> str:
    try:
        return urljoin(url, answer.headers.get("Location", ""))
    except ValueError as error:
        raise _failed(wanted, "the server leads on to no address", _ELSEWHERE) from error


def _connection(
    wanted: Wanted, url: str, context: ssl.SSLContext, limits: Limits
) -> tuple[http.client.HTTPSConnection, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _failed(wanted, "the address is none", _ELSEWHERE) from error
    if parts.scheme != "https" or not host or parts.username is not None:
        raise _failed(wanted, "only https addresses without a password are asked", _ELSEWHERE)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return http.client.HTTPSConnection(host, port, timeout=limits.silence_s, context=context), target


def _asked(have: int) -> dict[str, str]:
    asked = {"User-Agent": "dipchip-kiosk", "Accept-Encoding": "identity"}
    return asked | ({"Range": f"bytes={have}-"} if have else {})


def _said(error: Exception) -> str:
    # An exception of http.client may quote what the server sent; its type says enough.
    return str(error.strerror or type(error).__name__) if isinstance(error, OSError) else type(error).__name__


def _starts_at(answer: http.client.HTTPResponse, wanted: Wanted, have: int) -> int:
    """Where in the file the answer begins."""
    match answer.status:
        case 200:
            start = 0
        case 206:
            told = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            if told is None or [int(number) for number in told.groups()] != [
                have,
                wanted.size_bytes - 1,
                wanted.size_bytes,
            ]:
                raise _failed(wanted, "the server sends another part than was asked for", _ELSEWHERE)
            start = have
        case status:
            raise _failed(wanted, f"the server answers {status}", f"Check the address. {_ELSEWHERE}")
    if answer.length is not None and answer.length != wanted.size_bytes - start:
        cause = f"the server announces {answer.length} bytes where {wanted.size_bytes - start} are expected"
        raise _failed(wanted, cause, _ELSEWHERE)
    return start


def _chunks(answer: http.client.HTTPResponse, wanted: Wanted, have: int) -> Iterator[bytes]:
    while have < wanted.size_bytes:
        chunk = answer.read1(min(_CHUNK_BYTES, wanted.size_bytes - have))
        if not chunk:
            raise _failed(wanted, f"the connection ended after {have} of {wanted.size_bytes} bytes", _AGAIN)
        have += len(chunk)
        yield chunk


def _settle(part: BufferedRandom, wanted: Wanted, folder: Path) -> None:
    path = folder / f".{wanted.name}.part"
    part.flush()
    part.seek(0)
    if hashlib.file_digest(part, "sha256").hexdigest() != wanted.sha256:
        path.unlink()
        cause = "these are not the published bytes: the SHA-256 differs"
        raise _failed(wanted, cause, _ELSEWHERE, OtherBytesError)
    try:
        os.fsync(part.fileno())
        path.replace(folder / wanted.name)
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(place)
        os.close(place)
    except OSError as error:
        raise _failed(wanted, f"the disk does not take it ({error.strerror})", _AGAIN, NoRoomError) from error
