# SPDX-License-Identifier: Apache-2.0
"""Whom this machine believes: the roots of its image, what follows them in an answer, and what it has installed.

A controller that names other keys than the roots do is not believed. Source: docs/adr/0039; wire/roots.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from provisioning.errors import FolderError
from provisioning.files import as_json, folder, public, read
from wire.errors import BadSignature, WireError
from wire.roots import LATER, Roots, first, followed, is_roots, versions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from provisioning.files import Report
    from wire.registration import Trust


def pinned(content: str | None) -> Roots | None:
    """The roots that an image knows; None where it knows none.

    Raises:
        FolderError: they are not signed as they must be.
    """
    if content is None:
        return None
    try:
        return first(content.strip().encode())
    except WireError as error:
        message = f"The image's roots are not to be believed ({error}). Take the fleet's image."
        raise FolderError(message) from error


def begun(content: str | None, later: Sequence[str], told: Trust, digest: str, now: datetime) -> bytes | None:
    """The newest roots for a machine that begins to trust; None where its image knows none: then `told` is believed.

    `digest` is the SHA-256 of the root certificate that the image knows.

    Raises:
        FolderError: the answer's roots do not follow the image's, are over, or name other keys than the answer.
    """
    known = pinned(content)
    if known is None or content is None:
        return None
    try:
        newest = followed(known, [each.encode() for each in later])
    except (WireError, ValueError) as error:
        message = (
            f"The controller's roots do not follow those of this image ({error}). Nothing was installed. Tell the "
            "fleet team: either the image is of another fleet, or somebody has the controller."
        )
        raise FolderError(message) from error
    if newest.is_over(int(now.timestamp()) * 1000):
        message = "The roots are over. Check the clock; else the fleet team signs a new version and makes a new image."
        raise FolderError(message)
    if newest.trust != told or newest.root != digest:
        message = (
            "The controller names other keys than the ones that the fleet's offline keys have signed. Nothing was "
            "installed. Tell the fleet team: somebody may have the controller."
        )
        raise FolderError(message)
    return (later[-1] if newest.version > known.version else content).strip().encode()


def trust_file(roots: bytes | None, told: Trust) -> bytes:
    """What is installed as this machine's trust file."""
    return as_json(msgspec.to_builtins(told)) if roots is None else roots + b"\n"


def installed(trust: Path) -> Roots | None:
    """The newest roots of this kiosk; None where it has none.

    Raises:
        FolderError: the files cannot be read or are damaged.
    """
    content = read(trust)
    if not is_roots(content):
        return None
    try:
        return followed(first(content.strip()), versions(_later(trust)))
    except WireError as error:
        message = f"{trust}: {error}. Commission the kiosk again, under a new name."
        raise FolderError(message) from error


def add(trust: Path, later: Sequence[str], now: datetime, report: Report) -> None:
    """Install the versions of an answer that lead on from what is installed; what does not is said and left.

    Raises:
        FolderError: a file cannot be read or written.
    """
    current = installed(trust)
    if current is None or not later:
        return
    try:
        fresh = [each.strip().encode() for each in later]
        newest = followed(current, fresh)
        if newest.is_over(int(now.timestamp()) * 1000):
            message = "they are over"
            raise BadSignature(message)
    except (WireError, ValueError) as error:
        report.lines.append(f"not believed: the roots in the answer ({error}). Tell the fleet team.")
        return
    if newest.version == current.version:
        return
    folder((trust.parent / LATER).parent)
    public(trust.parent / LATER, b"\n".join([*versions(_later(trust)), *fresh]) + b"\n", report)


def _later(trust: Path) -> bytes:
    path = trust.parent / LATER
    return read(path) if path.exists() else b""
