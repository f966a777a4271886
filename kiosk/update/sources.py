# SPDX-License-Identifier: Apache-2.0
"""Where a repository of releases lies: behind an https address, or in a folder that a technician has brought.

Neither is believed: what comes from here is checked by whoever asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from kiosk.update.errors import AbsentError, FetchError
from kiosk.update.fetch import Limits, Wanted, copy, fetch, stream

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK_BYTES = 64 * 1024


class Source(Protocol):
    """A repository's files."""

    def read(self, path: str) -> Iterator[bytes]:
        """A small file; whoever takes it counts.

        Raises:
            AbsentError: there is none.
            FetchError: it does not come.
        """

    def bring(self, wanted: Wanted, path: str, folder: Path) -> None:
        """Bring a file of known size and digest into a folder.

        Raises:
            FetchError: it does not come, or is another one.
        """


@dataclass(frozen=True, slots=True)
class HttpsSource:
    """Files below an https address."""

    base: str
    context: ssl.SSLContext
    limits: Limits = field(default_factory=Limits)

    def read(self, path: str) -> Iterator[bytes]:
        """A small file."""
        yield from stream(path, self._url(path), context=self.context, limits=self.limits)

    def bring(self, wanted: Wanted, path: str, folder: Path) -> None:
        """A large one; it goes on where an earlier run stopped."""
        fetch(wanted, self._url(path), folder, context=self.context, limits=self.limits)

    def _url(self, path: str) -> str:
        return f"{self.base.rstrip('/')}/{path}"


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Files in a folder, as on a stick."""

    base: Path

    def read(self, path: str) -> Iterator[bytes]:
        """A small file."""
        whole = self.base / path
        if not whole.is_file():
            message = f"{path}: {self.base} has none. Give the folder `repository` of the releases."
            raise AbsentError(message)
        try:
            with whole.open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            message = f"{path}: cannot be read ({error.strerror}). Try another stick."
            raise FetchError(message) from error

    def bring(self, wanted: Wanted, path: str, folder: Path) -> None:
        """A large one."""
        copy(wanted, self.base / path, folder)
