# SPDX-License-Identifier: Apache-2.0
"""Asks for this kiosk's next certificate when half of the last one's life is over or all of it, and installs it.

It has the event key and no network: the courier carries the request and brings the answer, through a folder that both
can write. One run does what can be done now, and may be cut off anywhere. Source: docs/adr/0037.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cryptography import x509

from provisioning.device.believing import add, installed
from provisioning.device.chip import tls_key
from provisioning.device.keys import private_pem, signing_key
from provisioning.errors import FolderError
from provisioning.files import Report, private, public, read, remove
from wire.certificates import chain_of, half_life, proven, request, requested_key
from wire.claims import ANSWER_BYTES, RENEWAL_ANSWER, RENEWAL_REQUEST, RENEWAL_WANTED, Renewal, Renewed, open_renewal
from wire.envelope import decode, seal_message
from wire.errors import BadSignature, WireError
from wire.signing import Kind

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

    from wire.signing import SigningKey

_NEXT_KEY = "next.key"


@dataclass(frozen=True, slots=True)
class Identity:
    """Where this kiosk's papers are. `certificate` is the copy that others may read, `pair` the key with its chain."""

    kiosk: str
    ca: Path
    certificate: Path
    spool: Path
    trust: Path

    @classmethod
    def read(cls, config: Path) -> Self:
        """As the kiosk's settings say it.

        Raises:
            FolderError: the file is none of a kiosk that can renew.
        """
        try:
            told = tomllib.loads(read(config).decode())
            broker, spool, base = told["broker"], told["renewal"]["spool"], config.parent
            return cls(
                str(told["kiosk"]),
                base / broker["ca"],
                base / broker["certificate"],
                base / spool,
                base / told["trust"],
            )
        except (KeyError, TypeError, ValueError) as error:
            message = f"{config}: {error} is missing. Commission the kiosk again, with a release that renews."
            raise FolderError(message) from error

    @property
    def pair(self) -> Path:
        """The courier's credential."""
        return self.certificate.with_suffix(".key")

    @property
    def next_key(self) -> Path:
        """The key that the next certificate is asked for."""
        return self.certificate.with_name(_NEXT_KEY)


def step(identity: Identity, event_key: Path, now: datetime, report: Report, *, in_chip: bool = False) -> str:
    """Do what can be done now; what that was, in words. `in_chip` makes the next TLS key in this machine's TPM.

    1. Install an answer that has come.
    2. When the certificate is half over, or another key is wanted now, see that there is a request.
    3. A request for which it is not time any more is taken away: the order behind it is over.

    Raises:
        FolderError: a file cannot be read or written.
        RefusedError: the TPM does not do what was wanted.
    """
    if _install(identity, now, report):  # 1
        return "The next certificate is installed; the courier starts anew with it."
    leaf, wanted = _own(identity), identity.spool / RENEWAL_WANTED
    if now < half_life(leaf) and not wanted.exists():  # 3
        remove(identity.spool / RENEWAL_REQUEST)
        return f"The certificate is good until {leaf.not_valid_after_utc:%Y-%m-%d}; from its middle on it is renewed."
    _ask(identity, leaf, signing_key(event_key, read(event_key)), report, in_chip=in_chip)  # 2
    remove(wanted)
    return f"The certificate ends on {leaf.not_valid_after_utc:%Y-%m-%d}: the courier asks for the next one."


def _install(identity: Identity, now: datetime, report: Report) -> bool:
    answer = identity.spool / RENEWAL_ANSWER
    if not answer.exists():
        return False
    try:
        key, chain, roots = _believed(identity, read(answer), now)
    except WireError as error:
        remove(answer)
        report.lines.append(f"not believed: {answer} ({error})")
        return False
    private(identity.pair, key + chain, report)  # from here on it is done, whatever happens before the rest
    add(identity.trust, roots, now, report)
    public(identity.certificate, chain, report)
    for done in (identity.spool / RENEWAL_REQUEST, answer, identity.next_key):
        remove(done)
    return True


def _believed(identity: Identity, answer: bytes, now: datetime) -> tuple[bytes, bytes, tuple[str, ...]]:
    """Key, chain and roots, if the chain leads from this root to the key that was made for it, under this name."""
    if len(answer) > ANSWER_BYTES or not identity.next_key.exists():
        message = "nobody has asked for it"
        raise BadSignature(message)
    renewed, key = decode(answer, Renewed), tls_key(identity.next_key, Report(), in_chip=False)
    leaf = proven(renewed.certificate, x509.load_pem_x509_certificate(read(identity.ca)), identity.kiosk, now)
    if leaf.public_key() != key.public_key():
        message = "it is for another key"
        raise BadSignature(message)
    return private_pem(key), renewed.certificate.encode("ascii"), renewed.roots


def _own(identity: Identity) -> x509.Certificate:
    try:
        leaf, *_ = chain_of(read(identity.certificate).decode("ascii"))
    except (WireError, UnicodeDecodeError) as error:
        message = f"{identity.certificate}: not a certificate. Commission the kiosk again, under a new name."
        raise FolderError(message) from error
    return leaf


def _ask(identity: Identity, leaf: x509.Certificate, event_key: SigningKey, report: Report, *, in_chip: bool) -> None:
    """See that there is a request for a key of its own, and leave one that is there: the courier may have sent it."""
    made, asked = identity.next_key, identity.spool / RENEWAL_REQUEST
    if made.exists() and tls_key(made, Report(), in_chip=False).public_key() == leaf.public_key():
        remove(made)  # a power cut left it when it had become the key
    key = tls_key(made, report, in_chip=in_chip)
    if asked.exists() and _asks_for(read(asked), event_key, key.public_key()):
        report.kept(asked)
        return
    roots = installed(identity.trust)
    body = Renewal(1, identity.kiosk, request(key), None if roots is None else roots.version)
    public(asked, seal_message(event_key, Kind.RENEWAL, body), report)


def _asks_for(message: bytes, event_key: SigningKey, key: ec.EllipticCurvePublicKey) -> bool:
    try:
        return requested_key(open_renewal(message, event_key.public()).request) == key
    except WireError:
        return False
