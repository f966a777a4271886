# SPDX-License-Identifier: Apache-2.0
"""One message on the wire: a compact JWS, and for some kinds `~` and a base64url attachment whose digest is signed.

The attachment stands beside the signature so that it can be erased later while the chain still verifies.
Bounds are checked before anything is decoded; the schema is checked after the signature and refuses unknown fields.
"""

from __future__ import annotations

import binascii
import hashlib
import json
import threading
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from wire.errors import BadSignature, Malformed, TooLarge
from wire.ids import KeyId

if TYPE_CHECKING:
    from wire.signing import Kind, SigningKey, VerifyKey

MESSAGE_BYTES = 60_000  # security design, 2.1
_SEPARATOR = b"~"

Body = TypeVar("Body", bound=msgspec.Struct)

_decoders: dict[type[msgspec.Struct], msgspec.json.Decoder[msgspec.Struct]] = {}
_laying_out = threading.Lock()


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a signed body says of its attachment. `to` is the key it was sealed to, `sha256` is hexadecimal."""

    to: KeyId
    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, to: KeyId, attachment: bytes) -> Sealed:
        """Describe an attachment."""
        return cls(to, len(attachment), hashlib.sha256(attachment).hexdigest())

    def fits(self, attachment: bytes) -> bool:
        """Whether these are the very bytes that were signed for."""
        return len(attachment) == self.size_bytes and hashlib.sha256(attachment).hexdigest() == self.sha256


def digest(signed: bytes) -> bytes:
    """The SHA-256 of the signed bytes without the attachment: what the chain links and the ledger keys."""
    return hashlib.sha256(signed).digest()


def join(signed: bytes, attachment: bytes | None) -> bytes:
    """Put the JWS and its attachment together for the wire."""
    if attachment is None:
        return signed
    return signed + _SEPARATOR + urlsafe_b64encode(attachment)


def split(message: bytes) -> tuple[bytes, bytes | None]:
    """Take a message apart without believing any of it.

    Raises:
        TooLarge: above 60 000 bytes; nothing was decoded.
        Malformed: when the attachment is not base64url.
    """
    if len(message) > MESSAGE_BYTES:
        text = f"the message has more than {MESSAGE_BYTES} bytes"
        raise TooLarge(text)
    signed, separator, tail = message.partition(_SEPARATOR)
    if not separator:
        return signed, None
    try:
        return signed, urlsafe_b64decode(tail)
    except (binascii.Error, ValueError) as error:
        text = "the attachment is not base64url"
        raise Malformed(text) from error


def encode(body: msgspec.Struct) -> bytes:
    """The bytes to sign: JSON, once; what was signed is kept and never made again."""
    return msgspec.json.encode(body)


def decoder(body: type[Body]) -> msgspec.json.Decoder[Body]:
    """What reads such a body, made once.

    msgspec works out how a class lies in memory when it first meets it, and other threads that meet it then read what
    is not written yet (0.22: a segmentation fault). Here one thread at a time does that, and the others wait.
    """
    found = _decoders.get(body)
    if found is None:
        with _laying_out:
            found = _decoders.get(body) or _decoders.setdefault(body, msgspec.json.Decoder(body))
    return cast("msgspec.json.Decoder[Body]", found)


def decode(payload: bytes, body: type[Body]) -> Body:
    """Decode signed bytes strictly.

    Raises:
        Malformed: for anything that is not exactly such a body: unknown or duplicate fields, NaN, wrong types or depth.
    """
    try:
        decoded = decoder(body).decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        text = f"not a {body.__name__}: {type(error).__name__}"
        raise Malformed(text) from error
    if msgspec.json.encode(decoded) != payload:  # what we write has no field twice
        _refuse_duplicates(payload)
    return decoded


def seal_message(key: SigningKey, kind: Kind, body: msgspec.Struct, attachment: bytes | None = None) -> bytes:
    """Sign a body and join its attachment."""
    return join(key.sign(kind, encode(body)), attachment)


def open_message(
    message: bytes, kind: Kind, key: VerifyKey, body: type[Body], *, may_lack: bool = False
) -> tuple[Body, bytes | None]:
    """Split, verify and decode; the attachment must be the one signed for when the body says there is one.

    With `may_lack` it may be gone: whoever asks so must then know why.

    Raises:
        WireError: with the reason.
    """
    signed, attachment = split(message)
    decoded = decode(key.verify(kind, signed), body)
    sealed: Sealed | None = getattr(decoded, "sealed", None)
    is_gone = may_lack and sealed is not None and attachment is None
    if (sealed is None) != (attachment is None) and not is_gone:
        text = "the attachment and the signed body disagree about each other"
        raise Malformed(text)
    if sealed is not None and attachment is not None and not sealed.fits(attachment):
        text = "the attachment is not the one that was signed for"
        raise BadSignature(text)
    return decoded, attachment


def unverified(message: bytes, body: type[Body], at_most: int) -> Body:
    """What a compact JWS of a stranger says, before anything of it is believed: by which key it is to be verified.

    Raises:
        WireError: it is longer than `at_most` bytes, or no such message.
    """
    if len(message) > at_most:
        text = f"a request has at most {at_most} bytes"
        raise TooLarge(text)
    try:
        _, payload, _ = message.split(b".")
        plain = urlsafe_b64decode(payload)
    except ValueError as error:
        text = "not a compact JWS"
        raise Malformed(text) from error
    return decode(plain, body)


def _refuse_duplicates(payload: bytes) -> None:
    # msgspec keeps the last of two equal names; a reader in another language may keep the first.
    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            text = "a field stands twice"
            raise Malformed(text)
        return dict(pairs)

    try:
        json.loads(payload, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        text = "not JSON"
        raise Malformed(text) from error
