# SPDX-License-Identifier: Apache-2.0
"""The ways a message is refused; each says its reason in one stable word and never quotes the message."""

from __future__ import annotations


class WireError(Exception):
    """A message was refused. `reason` is the stable word that is counted and quarantined."""

    reason = "refused"


class Malformed(WireError):
    """The bytes do not have the shape the standard or the schema demands."""

    reason = "malformed"


class UnknownKind(WireError):
    """The kind or version is not one this release speaks."""

    reason = "unknown_kind"


class TooLarge(WireError):
    """The message is longer than its kind allows; it was not decoded."""

    reason = "too_large"


class BadSignature(WireError):
    """The signature, the key id or the algorithm is not the registered key's."""

    reason = "bad_signature"


class NotForYou(WireError):
    """The message is true but addressed to, or sent by, somebody else, or its time is over."""

    reason = "not_for_you"
