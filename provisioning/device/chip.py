# SPDX-License-Identifier: Apache-2.0
"""The TLS key where the machine has a TPM: made in it, used in it, and on the card only as that TPM has wrapped it.

OpenSSL's provider for TPMs does both, by OpenSSL's own command: the OpenSSL inside `cryptography` knows no providers of
the system. `cryptography` writes the request and asks this key to sign it, so that it is written as every other one.
Source: docs/adr/0046; tpm2-openssl.
"""

from __future__ import annotations

import subprocess
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.authority import key_file
from provisioning.errors import FolderError, RefusedError
from provisioning.files import read, secret
from wire.errors import Malformed
from wire.wrapped_keys import is_wrapped, public_half

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import serialization
    from cryptography.utils import Buffer

    from provisioning.files import Report

# What the role `kiosk` puts there where it finds a TPM: the courier's OpenSSL reads it.
PREPARED = Path("/etc/dipchip/openssl-tpm.cnf")
# The TPM keeps the key; what needs none, such as a digest, is not its work.
_PROVIDERS = ("-provider", "tpm2", "-provider", "default", "-propquery", "?provider=tpm2,tpm2.digest!=yes")
_PATIENCE_S = 60.0


class TlsKey(StrEnum):
    """Where a TLS key is made."""

    AUTO = "auto"  # in the TPM, on a machine that was prepared for that
    TPM = "tpm"
    FILE = "file"

    @property
    def is_in_chip(self) -> bool:
        """Whether that is in a TPM here."""
        return self is TlsKey.TPM or (self is TlsKey.AUTO and PREPARED.exists())


class ChipKey(ec.EllipticCurvePrivateKey):
    """A P-256 key in this machine's TPM. It signs, and does nothing else."""

    def __init__(self, path: Path, wrapped: bytes) -> None:
        """Read what lies in its file; the TPM is not asked.

        Raises:
            FolderError: the file holds no such key.
        """
        self._path = path
        self.wrapped = wrapped
        try:
            self._public = public_half(wrapped)
        except Malformed as error:
            message = f"{path}: {error}. Move the file away to make a new one."
            raise FolderError(message) from error

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """In bits."""
        return self._public.key_size

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """ECDSA with SHA-256 over these bytes, as DER, whatever else is asked for.

        Raises:
            RefusedError: the TPM does not sign.
        """
        del signature_algorithm  # wire.certificates.request asks for this one
        return _openssl("dgst", *_PROVIDERS, "-sha256", "-sign", str(self._path), said=bytes(data))

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:
        """Refuse: it signs."""
        del algorithm, peer_public_key
        raise NotImplementedError

    def private_numbers(self) -> NoReturn:
        """Refuse: they are in the TPM."""
        raise NotImplementedError

    def private_bytes(
        self,
        encoding: serialization.Encoding,
        format: serialization.PrivateFormat,  # noqa: A002 - the base class's name
        encryption_algorithm: serialization.KeySerializationEncryption,
    ) -> NoReturn:
        """Refuse: they are in the TPM."""
        del encoding, format, encryption_algorithm
        raise NotImplementedError

    def __copy__(self) -> Self:
        """Itself: there is one."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Itself: there is one."""
        return self


def tls_key(path: Path, report: Report, *, in_chip: bool) -> ec.EllipticCurvePrivateKey:
    """The TLS key in this file, wherever it was made; made now when it is not there, in the TPM where that is wanted.

    Raises:
        FolderError: the file holds no key.
        RefusedError: the TPM makes none.
    """
    if in_chip and not path.exists():
        secret(path, _made, report)
    if path.exists() and is_wrapped(content := read(path)):
        return ChipKey(path, content)
    return key_file(path, report)


def _made() -> bytes:
    return _openssl("genpkey", *_PROVIDERS, "-algorithm", "EC", "-pkeyopt", "group:P-256")


def _openssl(*words: str, said: bytes = b"") -> bytes:
    try:
        ran = subprocess.run(  # noqa: S603 - nothing of it comes from outside
            ["/usr/bin/openssl", *words], input=said, capture_output=True, check=True, timeout=_PATIENCE_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        said_to_it = getattr(error, "stderr", None) or b""
        why = said_to_it.decode("utf-8", "replace").strip().splitlines()[-1:] or [type(error).__name__]
        message = (
            f"The TPM does not do it (openssl {words[0]}: {why[0]}). Run the playbook again, which "
            "prepares it; `--tls-key file` goes on without it, and says so."
        )
        raise RefusedError(message) from error
    return ran.stdout
