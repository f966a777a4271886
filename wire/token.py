# SPDX-License-Identifier: Apache-2.0
"""A signing key that stays in a token, such as a TPM: named by a PKCS#11 URI, used there, and never read.

A session is opened for each signature and closed after it, so that nothing of it is inherited by a child process.
Source: RFC 7512 (URI); PKCS#11 3.0, 2.3.1 (ECDSA signs a digest and answers with r and s).
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, unquote

from wire.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEME = "pkcs11:"
_COORDINATE_BYTES = 32  # P-256: SEC 1, 2.3.3
_UNCOMPRESSED = 4
_PATH, _QUERY = {"token", "object"}, {"module-path", "pin-value"}


@dataclass(frozen=True, slots=True, repr=False)
class TokenKey:
    """Where a P-256 key is: module, token, label and the user's PIN."""

    module: str
    token: str
    label: str
    pin: str

    @classmethod
    def at(cls, uri: str) -> Self:
        """Read `pkcs11:token=...;object=...?module-path=...&pin-value=...`.

        Raises:
            Malformed: when it is another URI. It is not quoted: it holds the PIN.
        """
        path, _, query = uri.removeprefix(_SCHEME).partition("?")
        named = dict(part.partition("=")[::2] for part in path.split(";"))
        asked = dict(parse_qsl(query, keep_blank_values=True))
        if not uri.startswith(_SCHEME) or named.keys() != _PATH or asked.keys() != _QUERY:
            message = "a key in a token is pkcs11:token=...;object=...?module-path=...&pin-value=..."
            raise Malformed(message)
        return cls(asked["module-path"], unquote(named["token"]), unquote(named["object"]), asked["pin-value"])

    def public(self) -> dict[str, str]:
        """The public half as a bare JWK (RFC 7518, 6.2).

        Raises:
            Malformed: there is no such P-256 key, or no such token.
        """
        import pkcs11  # noqa: PLC0415 - few kiosks have a token

        with self._open() as session:
            kind, label = pkcs11.ObjectClass.PUBLIC_KEY, self.label
            point = bytes(session.get_key(kind, pkcs11.KeyType.EC, label=label)[pkcs11.Attribute.EC_POINT])
        point = point[-2 * _COORDINATE_BYTES - 1 :]  # it stands in an OCTET STRING
        if len(point) != 2 * _COORDINATE_BYTES + 1 or point[0] != _UNCOMPRESSED:
            message = "the key in the token is not a P-256 key"
            raise Malformed(message)
        x, y = point[1 : _COORDINATE_BYTES + 1], point[_COORDINATE_BYTES + 1 :]
        return {"kty": "EC", "crv": "P-256", "x": _base64url(x), "y": _base64url(y)}

    def sign(self, signed: bytes) -> bytes:
        """ECDSA with SHA-256 over these bytes: r and s, 32 bytes each.

        Raises:
            Malformed: the token is not there, or has another PIN.
        """
        import pkcs11  # noqa: PLC0415 - as above

        with self._open() as session:
            key = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.KeyType.EC, label=self.label)
            return bytes(key.sign(hashlib.sha256(signed).digest(), mechanism=pkcs11.Mechanism.ECDSA))

    @contextmanager
    def _open(self) -> Iterator[Any]:
        try:
            import pkcs11  # noqa: PLC0415 - as above
        except ModuleNotFoundError as error:
            message = "a key in a token needs dipchip[tpm]"
            raise Malformed(message) from error
        try:
            with pkcs11.lib(self.module).get_token(token_label=self.token).open(user_pin=self.pin) as session:
                yield session
        except (pkcs11.exceptions.PKCS11Error, RuntimeError, OSError) as error:
            message = f"the key in the token cannot be used ({type(error).__name__})"
            raise Malformed(message) from error

    def __repr__(self) -> str:
        """Show where it is, and never the PIN."""
        return f"TokenKey({self.token!r}, {self.label!r})"


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
