# SPDX-License-Identifier: Apache-2.0
"""Asks the fleet's signer by way of its door, over TLS that the image's own root vouches for, and over nothing else.

Proxies are not used. Source: docs/adr/0037.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import closing
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from typing import TYPE_CHECKING

from provisioning.errors import ProvisioningError
from wire.claims import ANSWER_BYTES, MEDIA_TYPE, Refusal, Why
from wire.envelope import decode
from wire.errors import Malformed

if TYPE_CHECKING:
    from wire.claims import Introduction

_PATIENCE_S = 30.0
_NEXT = {
    Why.NOT_KNOWN: "No claim has this code at this facility. Check both; then ask for a new claim.",
    Why.EXPIRED: "The claim is over: it lives for a quarter of an hour. Ask for a new one.",
    Why.USED: "Another machine has used this claim. Tell whoever made it, and ask for a new one.",
    Why.TOO_MANY: "Too many tries from this network. Wait a quarter of an hour, and ask for a new claim.",
    Why.NAME_TAKEN: "The name was given otherwise meanwhile. Ask for a claim with another name.",
    Why.REVOKED: "This kiosk was revoked and is never trusted again. Start with a fresh image and another name.",
    Why.STRANGER: "The controller does not know this kiosk and its key. Ask the fleet team.",
    Why.NOT_DUE: "It is too early for the next certificate.",
    Why.MALFORMED: "The controller does not understand this release. Update the controller first.",
}


class NotGrantedError(ProvisioningError):
    """The signer said no; `why` is its word, and the message what to do."""

    def __init__(self, why: Why) -> None:
        """Keep the word."""
        self.why = why
        super().__init__(f"{why}: {_NEXT[why]}")


class How(StrEnum):
    """How the way to the door ended."""

    NAME = "name_unknown"
    REFUSED = "port_refused"
    SILENT = "port_silent"
    STRANGER = "not_this_door"  # another certificate, or another time
    UNREADY = "door_not_serving"
    OTHER = "not_reached"


class NotReachedError(ProvisioningError):
    """There was no answer of the fleet's; `how` is a word for it, and the message what was there and what to do."""

    def __init__(self, text: str, how: How = How.OTHER) -> None:
        """Keep the word."""
        self.how = how
        super().__init__(text)


def ask(introduction: Introduction, path: str, message: bytes) -> bytes:
    """Post a signed request; the answer that grants it, which nobody has looked into yet.

    Raises:
        NotGrantedError: the signer refused.
        NotReachedError: it was not reached, or has no time.
    """
    door = introduction.door
    try:
        trusted = ssl.create_default_context(cadata=introduction.root)
        trusted.minimum_version = ssl.TLSVersion.TLSv1_3
        connection = HTTPSConnection(door.host, door.port, timeout=_PATIENCE_S, context=trusted)
        with closing(connection):
            connection.request("POST", path, message, {"Content-Type": MEDIA_TYPE})
            response = connection.getresponse()
            status, body = response.status, response.read(ANSWER_BYTES + 1)
    except ssl.SSLCertVerificationError as error:
        text = (
            f"{door.host}:{door.port}: is not this fleet's door, or this clock is wrong ({error.verify_message}). "
            "Set the clock; then ask the hospital's IT whether something reads along."
        )
        raise NotReachedError(text, How.STRANGER) from error
    except (OSError, HTTPException) as error:
        text = (
            f"{door.host}:{door.port}: not reached ({type(error).__name__}). Check the network and that HTTPS goes out."
        )
        raise NotReachedError(text, _how(error)) from error
    return _granted(f"{door.host}:{door.port}", status, body)


def _how(error: OSError | HTTPException) -> How:
    known = {socket.gaierror: How.NAME, ConnectionRefusedError: How.REFUSED, TimeoutError: How.SILENT}
    return next((how for kind, how in known.items() if isinstance(error, kind)), How.OTHER)


def _granted(door: str, status: int, body: bytes) -> bytes:
    if status == HTTPStatus.OK and len(body) <= ANSWER_BYTES:
        return body
    try:
        refusal = decode(body, Refusal)
    except Malformed as error:
        text = f"{door}: HTTP {status}. Try again in a minute; then ask the fleet team whether its signer runs."
        raise NotReachedError(text, How.UNREADY) from error
    raise NotGrantedError(refusal.why)
