# SPDX-License-Identifier: Apache-2.0
"""What a signed release says of itself, and under which name kiosks of one kind find it.

It is the `custom` part of a target in The Update Framework's metadata, which signs it together with size and digest.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from wire.errors import Malformed
from wire.ids import ReleaseVersion, release_version

MOST_BYTES = 1024 * 1024 * 1024  # of a bundle as it is fetched; a release with its libraries has about a quarter
MOST_UNPACKED_BYTES = 3 * MOST_BYTES
_CHANNEL = re.compile(r"[a-z][a-z0-9-]{1,23}")
_TAKEN = frozenset({"root", "targets", "snapshot", "timestamp"})  # the framework's own roles
_PLATFORM = re.compile(r"[a-z0-9_]{2,16}-cp3[0-9]{1,2}")


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One release for one kind of machine: a slot, packed. `follows` is the lowest version it may be installed over."""

    v: Literal[1]
    version: str
    follows: str
    platform: str
    unpacked_bytes: int

    def checked(self) -> Bundle:
        """The same, if all of it can be true.

        Raises:
            Malformed: a part is none.
        """
        if place(release_version(self.follows)) > place(release_version(self.version)):
            message = "a release cannot follow a later one"
            raise Malformed(message)
        platform(self.platform)
        if not 0 < self.unpacked_bytes <= MOST_UNPACKED_BYTES:
            message = f"a release unpacks to {MOST_UNPACKED_BYTES} bytes at most"
            raise Malformed(message)
        return self


def bundle(custom: Any) -> Bundle:  # noqa: ANN401 - whatever was signed
    """Read what a target says of itself.

    Raises:
        Malformed: it is not this.
    """
    try:
        return msgspec.convert(custom, Bundle).checked()
    except msgspec.ValidationError as error:
        message = f"not a release's description ({error})"
        raise Malformed(message) from error


def place(version: ReleaseVersion) -> tuple[int, ...]:
    """Where a version stands among others."""
    return tuple(int(number) for number in version.split("."))


def channel(text: str) -> str:
    """Parse a channel: whose releases a kiosk takes. It is the name of the role that signs them.

    Raises:
        Malformed: it is none.
    """
    if not _CHANNEL.fullmatch(text) or text in _TAKEN:
        message = "channel must be 2 to 24 of a-z, 0-9 and '-', and no role of the framework"
        raise Malformed(message)
    return text


def platform(text: str) -> str:
    """Parse a kind of machine: processor and Python, as aarch64-cp311.

    Raises:
        Malformed: it is none.
    """
    if not _PLATFORM.fullmatch(text):
        message = "platform must be as aarch64-cp311"
        raise Malformed(message)
    return text


def target(channel_name: str, platform_name: str) -> str:
    """Under which path a channel's newest release for a kind of machine is found."""
    return f"{channel(channel_name)}/{platform(platform_name)}.tar.gz"
