# SPDX-License-Identifier: Apache-2.0
"""A key that a TPM made and wrapped for itself: of its file anybody can read the public half, and nobody the other one.

It never speaks to a TPM. Source: ASN.1 Specification for TPM 2.0 Key Files, 3.1 ("TSS2 PRIVATE KEY"); TPM 2.0 Library,
part 2, 12.2.4 (TPMT_PUBLIC) and 8.3 (TPMA_OBJECT).
"""

from __future__ import annotations

import base64
import re
import struct
from enum import IntEnum, IntFlag

from cryptography.hazmat.primitives.asymmetric import ec

from wire.errors import Malformed

_PEM = re.compile(
    rb"-----BEGIN TSS2 PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]{1,4000})-----END TSS2 PRIVATE KEY-----", re.DOTALL
)
_SHORT_LENGTH = 0x80  # DER: below it a length is one byte, above it the rest says how many bytes it has
_COORDINATE_BYTES = 32  # P-256: SEC 1, 2.3.3


class _Tag(IntEnum):
    INTEGER = 0x02
    OCTET_STRING = 0x04
    SEQUENCE = 0x30


class _Algorithm(IntEnum):
    """TPM_ALG_ID and TPM_ECC_CURVE, as far as a P-256 key names them."""

    NIST_P256 = 0x0003
    NULL = 0x0010
    ECC = 0x0023


class _Is(IntFlag):
    """TPMA_OBJECT: what says that a key was born in a TPM and cannot leave it."""

    FIXED_TPM = 1 << 1
    FIXED_PARENT = 1 << 4
    SENSITIVE_DATA_ORIGIN = 1 << 5


_BORN_THERE = _Is.FIXED_TPM | _Is.FIXED_PARENT | _Is.SENSITIVE_DATA_ORIGIN


def is_wrapped(content: bytes) -> bool:
    """Whether a file holds such a key."""
    return _PEM.search(content) is not None


def public_half(content: bytes) -> ec.EllipticCurvePublicKey:
    """The P-256 key that is in a TPM, by the file that holds it wrapped.

    Raises:
        Malformed: no such file, another kind of key, or one that was not born in a TPM or can be taken out of it.
    """
    found = _PEM.search(content)
    if found is None:
        message = "not a key that a TPM has wrapped"
        raise Malformed(message)
    try:
        return _public(_described(base64.b64decode(found[1])))
    except (ValueError, struct.error) as error:
        message = "not a P-256 key that was born in a TPM and stays there"
        raise Malformed(message) from error


def _described(der: bytes) -> bytes:
    """The TPM2B_PUBLIC: the first OCTET STRING after the parent's handle."""
    tag, rest, _ = _element(der)
    if tag != _Tag.SEQUENCE:
        raise ValueError
    while tag != _Tag.INTEGER:
        tag, _, rest = _element(rest)
    tag, described, _ = _element(rest)
    if tag != _Tag.OCTET_STRING:
        raise ValueError
    return _sized(described)[0]


def _public(described: bytes) -> ec.EllipticCurvePublicKey:
    """Read a TPMT_PUBLIC: kind, name algorithm, attributes, policy, four algorithms, x, y."""
    kind, _, attributes = struct.unpack_from(">HHI", described)
    _, rest = _sized(described[8:])
    *_, curve, _ = algorithms = struct.unpack_from(">HHHH", rest)
    is_bare = algorithms == (_Algorithm.NULL, _Algorithm.NULL, curve, _Algorithm.NULL)
    if (kind, curve, is_bare) != (_Algorithm.ECC, _Algorithm.NIST_P256, True) or _BORN_THERE & ~attributes:
        raise ValueError
    x, rest = _sized(rest[8:])
    y, rest = _sized(rest)
    if rest or max(len(x), len(y)) > _COORDINATE_BYTES:
        raise ValueError
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1())
    return numbers.public_key()


def _sized(content: bytes) -> tuple[bytes, bytes]:
    """A TPM2B and what follows it: two bytes say how long it is."""
    (size,) = struct.unpack_from(">H", content)
    if len(content) < 2 + size:
        raise ValueError
    return content[2 : 2 + size], content[2 + size :]


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """The first element of some DER (ITU-T X.690, 8.1): its tag, what it holds, and what follows it."""
    if len(der) < 2:  # noqa: PLR2004 - a tag and a length
        raise ValueError
    tag, length, begins = der[0], der[1], 2
    if length >= _SHORT_LENGTH:
        begins += length - _SHORT_LENGTH
        length = int.from_bytes(der[2:begins], "big")
    if len(der) < begins + length:
        raise ValueError
    return tag, der[begins : begins + length], der[begins + length :]
