# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet signer`: certifies kiosks that claim a name or renew; no other process holds that authority's key.

It listens on a socket file behind the reverse proxy that ends TLS, and can neither sign a receipt nor open an identity.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec
import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from waitress import create_server  # type: ignore[import-untyped]  # ships no types

from fleet.devices.issuing import Issuer, revocation_list
from fleet.entrypoints.clock import now_ms
from fleet.entrypoints.logs import set_up
from fleet.entrypoints.pulse import at_file, beating
from fleet.errors import ConfigError
from fleet.signer.desk import Desk, Fleet
from fleet.signer.listing import RevocationList
from fleet.store.schema import require_current
from fleet.store.session import open_engine, reading
from wire.certificates import Authority
from wire.claims import Address
from wire.errors import Malformed, WireError
from wire.registration import Trust
from wire.roots import first, followed, versions
from wire.self_tests import SELF_TEST_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from fleet.config import Settings, Signer

_THREADS = 4  # each code that is tried takes 16 MiB for some 40 ms
_CONNECTIONS = 100
_LARGEST_HEADER_BYTES = 4 * 1024
_FOR_ITS_GROUP = "660"  # the proxy is in the socket's group, and nobody else
_log = structlog.get_logger()


def run(settings: Settings) -> None:
    """Serve until interrupted or terminated.

    Raises:
        ConfigError: a file is missing or not what it must be, or the socket cannot be made.
    """
    told = _section(settings)
    set_up(settings.log_level)
    desk_keys, fleet = issuer(told), desk_fleet(told)
    engine = open_engine(settings.database_url)
    require_current(engine)
    try:
        server = create_server(
            Desk(engine, desk_keys, fleet, now_ms),
            unix_socket=str(told.socket),
            unix_socket_perms=_FOR_ITS_GROUP,
            threads=_THREADS,
            connection_limit=_CONNECTIONS,
            ident=None,
            clear_untrusted_proxy_headers=True,
            max_request_header_size=_LARGEST_HEADER_BYTES,
            max_request_body_size=2 * SELF_TEST_BYTES,
        )
    except OSError as error:
        message = f"signer: {told.socket} cannot be made ({error.strerror}). Make its folder, or set signer.socket."
        raise ConfigError(message) from error
    _log.info("signer_opened")
    stop = threading.Event()
    listing = _listing(engine, desk_keys, told.revocations, stop)
    try:
        with beating(at_file(told.socket)):
            server.run()
    finally:
        stop.set()
        listing.join()
        server.close()
        engine.dispose()


def _listing(engine: Engine, signs: Issuer, file: Path | None, stop: threading.Event) -> threading.Thread:
    """Keep the list of revoked certificates beside the desk; where no file is set, there is nothing to keep."""
    work = RevocationList(engine, signs, file, now_ms).keep if file is not None else threading.Event.wait
    thread = threading.Thread(target=work, args=(stop,), name="revocations")
    thread.start()
    return thread


def revocations(settings: Settings, file: Path) -> None:
    """Write the list of the certificates that revoked kiosks were given.

    Raises:
        ConfigError: a key is missing, or the file cannot be written.
    """
    signs = issuer(_section(settings))
    engine = open_engine(settings.database_url)
    require_current(engine)
    with reading(engine) as connection:
        listed = revocation_list(connection, signs, now_ms())
    engine.dispose()
    try:
        file.write_text(listed, encoding="ascii")
    except OSError as error:
        message = f"{file}: cannot be written ({error.strerror}). Choose another place."
        raise ConfigError(message) from error


def issuer(told: Signer) -> Issuer:
    """Read the authority's key and certificate, and the root above it.

    Raises:
        ConfigError: naming the file, and never quoting it.
    """
    certificate, root = _certificate(told.certificate), _certificate(told.root)
    try:
        key = serialization.load_pem_private_key(told.key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise _unusable(told.key, "a readable private key") from None  # a parser's message may quote the key
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise _unusable(told.key, f"the key of {told.certificate.name}")
    try:
        certificate.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise _unusable(told.certificate, f"certified by {told.root.name}") from error
    return Issuer(Authority(certificate, key), root)


def desk_fleet(told: Signer) -> Fleet:
    """What every kiosk is told.

    Raises:
        ConfigError: a file is missing or damaged, or the roots name other keys than the trust file.
    """
    try:
        trust = msgspec.json.decode(told.trust.read_bytes(), type=Trust)
        policy = None if told.face_policy is None else told.face_policy.read_text(encoding="ascii")
        roots, until_ms = ((), None) if told.roots is None else _roots(told.roots, trust)
    except (OSError, ValueError, msgspec.DecodeError, WireError) as error:
        message = f"{told.trust}, the roots or the face policy: {error}. Give what dipchip-provision made."
        raise ConfigError(message) from error
    broker, https = (Address(at.host, at.port) for at in (told.broker, told.https))
    return Fleet(trust, (broker,), https, policy, roots, until_ms)


def _roots(file: Path, trust: Trust) -> tuple[tuple[str, ...], int]:
    """Every version, if each leads on to the next and the last says what the trust file says; until when that is."""
    signed = versions(file.read_bytes())
    newest = followed(first(signed[0]), signed)
    if newest.version != len(signed) or newest.trust != trust:
        message = "the roots do not begin with the first version, or name other keys than the trust file"
        raise Malformed(message)
    return tuple(each.decode("ascii") for each in signed), newest.expires_ms


def _section(settings: Settings) -> Signer:
    if settings.signer is None:
        message = "The signer needs the section [signer]. Give its own settings file."
        raise ConfigError(message)
    return settings.signer


def _certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(file, "a readable certificate") from error


def _unusable(file: Path, wanted: str) -> ConfigError:
    return ConfigError(f"{file}: not {wanted}. Give the file that dipchip-provision made.")
