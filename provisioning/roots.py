# SPDX-License-Identifier: Apache-2.0
"""Makes the three root keys, drafts a version of the roots, signs it, and makes it the fleet's once two have signed.

A root key is born in a file under a passphrase and is in no folder of a fleet. Source: docs/adr/0039; wire/roots.py.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from joserfc.jwk import OKPKey

from provisioning import offline_keys
from provisioning.errors import FolderError, RefusedError
from provisioning.files import Report, as_json, folder, public, read, read_json
from wire.errors import WireError
from wire.ids import key_id
from wire.registration import Trust
from wire.roots import KEYS, THRESHOLD, Roots, first, followed, joined, succeeding, unsigned, with_signature
from wire.roots import read as read_roots
from wire.signing import Algorithm, SigningKey, VerifyKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_FOLDER = "roots"
_NAMED = 16  # hexadecimal digits of a key's digest in its name


def make_key(path: Path, passphrase: str, report: Report) -> VerifyKey:
    """Make a root key in a file, under a passphrase, and its public half beside it.

    Raises:
        RefusedError: the passphrase is short, or there is a file already.
    """
    key = offline_keys.make(path, passphrase, report)
    made = _signing(key).public()
    public(path.with_name(path.name + offline_keys.PUBLIC), as_json(made.jwk()), report)
    return made


def draft(fleet: Path, keys: Sequence[Path], life: timedelta, now: datetime, report: Report) -> tuple[Path, Roots]:
    """Write what the next version shall say; `keys` are three public halves, or none for those of the version before.

    Raises:
        RefusedError: there are not three keys.
        FolderError: the fleet's folder has no trust file, or a file is none.
    """
    before = newest(fleet)
    if len(keys) != KEYS and (keys or before is None):
        message = (
            f"--key: give the public halves of {KEYS} keys, each once; for a later version none keeps those before."
        )
        raise RefusedError(message)
    certificate = x509.load_pem_x509_certificate(read(fleet / "authority" / "root.crt"))
    digest = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
    one, two, three = [_public(path) for path in keys] if before is None or keys else before.root_keys
    version, ends = 1 if before is None else before.version + 1, now + life
    try:
        roots = Roots(1, version, _ms(now), _ms(ends), 2, (one, two, three), _trust(fleet), digest)
    except WireError as error:
        message = f"--key: {error}. Give three different keys."
        raise RefusedError(message) from error
    path = folder(fleet / _FOLDER) / f"roots-{version}.draft.json"
    public(path, unsigned(roots) + b"\n", report)
    return path, roots


def sign(path: Path, key: Path, passphrase: str, report: Report) -> str:
    """Put a root key's signature into a draft; the key's name.

    Raises:
        RefusedError: the passphrase opens nothing, or the file is none.
    """
    signing = _signing(offline_keys.opened(key, passphrase))
    try:
        public(path, with_signature(read(path).strip(), signing) + b"\n", report)
    except WireError as error:
        raise _no_roots(path, error) from error
    return signing.kid


def assemble(fleet: Path, files: Sequence[Path], now: datetime, report: Report) -> Roots:
    """Put a version among the fleet's, if enough have signed it and it says what the controller's keys are now.

    Raises:
        RefusedError: why not.
    """
    before = newest(fleet)
    try:
        content = joined([read(path).strip() for path in files])
        roots = first(content) if before is None else succeeding(before, content)
    except WireError as error:
        message = f"{error}. Have the draft signed by those who lack, on a copy each if need be, and give all copies."
        raise RefusedError(message) from error
    if before is None and roots.version != 1:
        message = f"version {roots.version}: the versions before it are not in {fleet / _FOLDER}. Restore them first."
        raise RefusedError(message)
    if roots.is_over(_ms(now)):
        message = f"version {roots.version} ended on {_day(roots.expires_ms)}. Draft another one."
        raise RefusedError(message)
    if roots.trust != _trust(fleet):
        message = f"version {roots.version} names other keys than {fleet / 'trust.json'}. Draft another one."
        raise RefusedError(message)
    public(_path(fleet, roots.version), content + b"\n", report)
    return roots


def chain(fleet: Path) -> list[bytes]:
    """Every version that was signed, from the first, each a line; empty where there is none."""
    versions: list[bytes] = []
    while (path := _path(fleet, len(versions) + 1)).exists():
        versions.append(read(path))
    return versions


def newest(fleet: Path) -> Roots | None:
    """The version that was signed last.

    Raises:
        FolderError: one of them is damaged.
    """
    signed = [each.strip() for each in chain(fleet)]
    try:
        return followed(first(signed[0]), signed) if signed else None
    except WireError as error:
        message = f"{fleet / _FOLDER}: {error}. Restore the folder from your backup."
        raise FolderError(message) from error


def refuse_other_keys(fleet: Path, trust: Trust) -> None:
    """Refuse to give kiosks to understand what the roots do not say.

    Raises:
        RefusedError: the roots name other keys than the controller has.
    """
    before = newest(fleet)
    if before is not None and before.trust != trust:
        message = (
            f"{_path(fleet, before.version)}: names other keys than {fleet / 'trust.json'}: kiosks would refuse them. "
            "Draft the next version of the roots, have it signed, assemble it, and run this again."
        )
        raise RefusedError(message)


def trusted(fleet: Path) -> bytes:
    """What a kiosk's trust file holds: the newest roots, or the keys alone where a fleet has none."""
    signed = chain(fleet)
    return signed[-1] if signed else read(fleet / "trust.json")


def shown(path: Path) -> Iterator[str]:
    """A draft or a version in lines, for whoever is to sign it.

    Raises:
        RefusedError: it is neither.
    """
    try:
        signed, roots = read_roots(read(path).strip())
    except WireError as error:
        raise _no_roots(path, error) from error
    yield f"version      {roots.version}, from {_day(roots.issued_ms)} to {_day(roots.expires_ms)}"
    yield f"root         certificate {roots.root}"
    for key in roots.signers():
        yield f"root key     {key.kid}  {'signed' if signed.by([key]) else 'not signed'}"
    trust = roots.trust
    told = {"receipts": trust.receipts(), "answers": trust.answers(), "face policies": trust.policies()}
    for name, each in told.items():
        yield f"{name:<13}" + ("none" if each is None else f"{each.kid}  {each.thumbprint()}")
    yield f"sealed to    {trust.sealing().kid}  {trust.sealing().jwk().get('x')}"
    yield f"signed by    {signed.by(roots.signers())} of its own keys; {THRESHOLD} are needed"


def _signing(key: Ed25519PrivateKey) -> SigningKey:
    raw = key.public_key().public_bytes_raw()
    name = key_id(f"root-{hashlib.sha256(raw).hexdigest()[:_NAMED]}#1")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    jwk = OKPKey.import_key(pem).as_dict(private=True)
    return SigningKey.from_jwk({**jwk, "kid": name, "alg": str(Algorithm.ED25519)})


def _public(path: Path) -> dict[str, Any]:
    try:
        return VerifyKey.from_jwk(read_json(path)).jwk()
    except WireError as error:
        message = f"{path}: is no public key. Give the {offline_keys.PUBLIC} that `dipchip-provision roots key` made."
        raise RefusedError(message) from error


def _trust(fleet: Path) -> Trust:
    try:
        return msgspec.json.decode(read(fleet / "trust.json"), type=Trust)
    except msgspec.DecodeError as error:
        message = f"{fleet / 'trust.json'}: not what `dipchip-provision fleet` writes. Restore it from your backup."
        raise FolderError(message) from error


def _no_roots(path: Path, error: WireError) -> RefusedError:
    return RefusedError(f"{path}: not roots ({error}). Give what `dipchip-provision roots draft` wrote.")


def _path(fleet: Path, version: int) -> Path:
    return fleet / _FOLDER / f"roots-{version}.json"


def _ms(at: datetime) -> int:
    return int(at.timestamp()) * 1000


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d}"
