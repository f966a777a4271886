# SPDX-License-Identifier: Apache-2.0
"""What the updater must still know after a power cut: the trial that is under way, and what became of earlier ones.

One small file that is replaced in one step. It is the updater's own: a store that fails must not keep a kiosk from
going back.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Annotated

import msgspec

from kiosk.update.slots import settle
from wire.errors import Malformed
from wire.ids import ReleaseVersion, release_version
from wire.orders import NotUpdated
from wire.releases import place

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 64 * 1024
_MOST_VERSIONS = 32
_FILE = "book.json"


class Facts(msgspec.Struct, frozen=True):
    """How a kiosk stands: what its screen says of itself, whether the store takes a line, and which units are up."""

    screen: str | None = None
    reader: str | None = None
    camera: str | None = None
    store: bool = False
    running: tuple[str, ...] = ()


class Trial(msgspec.Struct, frozen=True):
    """A release that was switched to, or is about to be. `failed` is why the way back has begun.

    `boot` is the boot in which it was last looked after, `boots` in how many; `order` the order that asked for it.
    """

    version: str
    back_to: str
    before: Facts
    boot: str
    boots: int = 1
    order: int | None = None
    failed: NotUpdated | None = None


class Ending(msgspec.Struct, frozen=True):
    """What became of a release; `reason` None when it stood. Kept until whoever asked has been told."""

    version: str
    order: int | None = None
    reason: NotUpdated | None = None


class Page(msgspec.Struct, frozen=True):
    """The whole book. `failures` counts failed trials by version; `latest_ms` is the latest time that was believed."""

    v: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    proven: str = "0.0.0"
    latest_ms: int = 0
    failures: dict[str, int] = {}
    trial: Trial | None = None
    ending: Ending | None = None


class Book:
    """The file. What `write` was given stands on the disk when it returns."""

    def __init__(self, folder: Path) -> None:
        """Take the updater's folder."""
        self._path = folder / _FILE

    def read(self) -> Page:
        """What stands in it; a file that nobody could have written is an empty one.

        It was replaced in one step, so that only a failing disk can damage it. TUF's own memory stands beside it.
        """
        try:
            content = self._path.read_bytes()[:_MOST_BYTES]
            page = msgspec.json.decode(content, type=Page)
            release_version(page.proven)
        except (OSError, msgspec.DecodeError, ValueError, Malformed):
            return Page()
        return page

    def write(self, page: Page) -> None:
        """Replace it.

        Raises:
            OSError: what stood there before still does.
        """
        beside = self._path.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(page))
            file.flush()
            os.fsync(descriptor)
        beside.replace(self._path)
        settle(self._path.parent)


def seen(page: Page, now_ms: int) -> Page:
    """The page once a time was believed."""
    return msgspec.structs.replace(page, latest_ms=max(page.latest_ms, now_ms))


def stood(page: Page, version: ReleaseVersion) -> Page:
    """The page once a release has stood: nothing below it is ever installed by an order again."""
    failures = {name: count for name, count in page.failures.items() if _is_later(name, version)}
    highest = version if _is_later(version, page.proven) else page.proven
    return msgspec.structs.replace(page, proven=highest, failures=failures)


def failed(page: Page, version: str) -> Page:
    """The page once a release has failed its trial."""
    kept = dict(list(page.failures.items())[-_MOST_VERSIONS:])
    return msgspec.structs.replace(page, failures={**kept, version: page.failures.get(version, 0) + 1})


def _is_later(version: str, other: str) -> bool:
    with contextlib.suppress(ValueError):
        return place(ReleaseVersion(version)) > place(ReleaseVersion(other))
    return False
