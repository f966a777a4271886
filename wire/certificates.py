# SPDX-License-Identifier: Apache-2.0
"""The certificates of a fleet: a root, authorities for clients and servers, revocation lists, and how one asks for one.

It never reads or writes a file: `provisioning.authority` and the controller's signer keep the keys.
Source: RFC 5280 (profile, CRLs), RFC 2986 (requests), RFC 9525 (server names); security design, section 4.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wire.errors import BadSignature, Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

BACKDATED = timedelta(hours=24)  # a kiosk without a clock battery may start a day behind
LEAF_LIFE = timedelta(days=90)  # security design, 2.4
RENEW_BEFORE = timedelta(days=30)  # renewed from day 60 on
AUTHORITY_LIFE = timedelta(days=5 * 365)
ROOT_LIFE = timedelta(days=10 * 365)
REVOCATION_LIST_LIFE = timedelta(days=90)  # past it the broker refuses everybody: fail closed

_CURVE = ec.SECP256R1()
_HASH = hashes.SHA256()
_LIST = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----\n?", re.DOTALL)


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make a P-256 key."""
    return ec.generate_private_key(_CURVE)


@dataclass(frozen=True, slots=True, repr=False)
class Authority:
    """A certificate that may sign others, with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def root(cls, name: str, key: ec.EllipticCurvePrivateKey, now: datetime) -> Self:
        """Sign itself; it signs authorities only."""
        subject = _name(name)
        builder = _builder(subject, subject, key.public_key(), now, ROOT_LIFE)
        builder = _as_authority(builder, key.public_key(), key.public_key(), path_length=1)
        return cls(builder.sign(key, _HASH), key)

    def authority(self, name: str, key: ec.EllipticCurvePrivateKey, now: datetime) -> Authority:
        """Sign an authority that signs leaves only."""
        builder = _builder(_name(name), self.certificate.subject, key.public_key(), now, AUTHORITY_LIFE)
        builder = _as_authority(builder, key.public_key(), self.key.public_key(), path_length=0)
        return Authority(builder.sign(self.key, _HASH), key)

    def client(self, name: str, public_key: ec.EllipticCurvePublicKey, now: datetime) -> x509.Certificate:
        """Sign a client's certificate. Its CN is the broker's user name and client id."""
        uri = x509.UniformResourceIdentifier(f"urn:dipchip:{name}")
        return self._leaf(name, public_key, now, [uri], ExtendedKeyUsageOID.CLIENT_AUTH)

    def server(self, hosts: tuple[str, ...], public_key: ec.EllipticCurvePublicKey, now: datetime) -> x509.Certificate:
        """Sign a server's certificate for these host names and addresses."""
        names = [_host(host) for host in hosts]
        return self._leaf(hosts[0], public_key, now, names, ExtendedKeyUsageOID.SERVER_AUTH)

    def _leaf(
        self,
        name: str,
        public_key: ec.EllipticCurvePublicKey,
        now: datetime,
        alternative_names: Iterable[x509.GeneralName],
        usage: x509.ObjectIdentifier,
    ) -> x509.Certificate:
        builder = _builder(_name(name), self.certificate.subject, public_key, now, LEAF_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_key_usage(signs_messages=True), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(alternative_names), critical=False)
        return _identified(builder, public_key, self.key.public_key()).sign(self.key, _HASH)

    def revocation_list(
        self, previous: x509.CertificateRevocationList | None, serials: Iterable[int], now: datetime
    ) -> x509.CertificateRevocationList:
        """Sign a list that holds everything `previous` held, and `serials`; its number counts up."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(now - BACKDATED).next_update(now + REVOCATION_LIST_LIFE)
        builder = builder.add_extension(x509.CRLNumber(_number(previous) + 1), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        for entry in previous or ():
            builder = builder.add_revoked_certificate(entry)
        for serial in serials:
            if previous is None or previous.get_revoked_certificate_by_serial_number(serial) is None:
                builder = builder.add_revoked_certificate(_revoked(serial, now))
        return builder.sign(self.key, _HASH)

    def __repr__(self) -> str:
        """Show the name and never the key."""
        return f"Authority({self.certificate.subject.rfc4514_string()!r})"


def request(key: ec.EllipticCurvePrivateKey) -> str:
    """Ask for a certificate of this key, which signs the request (RFC 2986); the name is the signer's to give."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, _HASH).public_bytes(serialization.Encoding.PEM).decode("ascii")


def requested_key(asked_pem: str) -> ec.EllipticCurvePublicKey:
    """The P-256 key that a certificate is asked for; whoever asks holds its private half.

    Raises:
        Malformed: no request, or for another kind of key.
        BadSignature: it was not signed by the key that it names.
    """
    try:
        asked = x509.load_pem_x509_csr(asked_pem.encode("ascii"))
        key = asked.public_key()
        holds = asked.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        message = "not a PKCS#10 request"
        raise Malformed(message) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != _CURVE.name:
        message = "a certificate is given to a P-256 key only"
        raise Malformed(message)
    if not holds:
        message = "the request is not signed by its own key"
        raise BadSignature(message)
    return key


def chain_of(chain: str) -> list[x509.Certificate]:
    """The certificates of a chain, the leaf first.

    Raises:
        Malformed: when there is none.
    """
    try:
        return x509.load_pem_x509_certificates(chain.encode("ascii"))
    except ValueError as error:
        message = "not a certificate chain"
        raise Malformed(message) from error


def proven(chain: str, root: x509.Certificate, name: str, now: datetime) -> x509.Certificate:
    """The leaf of a client's chain that leads to this root, is good now and has this name.

    Raises:
        Malformed: no chain.
        BadSignature: it does not lead there, is over or not yet good, or is somebody else's.
    """
    leaf, *between = chain_of(chain)
    policy = verification.PolicyBuilder().store(verification.Store([root])).time(now)
    try:
        policy.build_client_verifier().verify(leaf, between)
    except verification.VerificationError as error:
        message = "the certificate does not lead to this fleet's root"
        raise BadSignature(message) from error
    if [each.value for each in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] != [name]:
        message = "the certificate names somebody else"
        raise BadSignature(message)
    return leaf


def lists_of(content: bytes) -> list[x509.CertificateRevocationList]:
    """The revocation lists of a file, in its order.

    Raises:
        Malformed: when there is none, or something else.
    """
    found = _LIST.findall(content)
    try:
        lists = [x509.load_pem_x509_crl(each) for each in found]
    except ValueError as error:
        message = "not a revocation list"
        raise Malformed(message) from error
    if not lists or _LIST.sub(b"", content).strip():
        message = "not a file of revocation lists"
        raise Malformed(message)
    return lists


def list_pem(revocation_list: x509.CertificateRevocationList) -> bytes:
    """A revocation list as text."""
    return revocation_list.public_bytes(serialization.Encoding.PEM)


def half_life(certificate: x509.Certificate) -> datetime:
    """From when on it is renewed; the day by which it is backdated is none of its life."""
    begins = certificate.not_valid_before_utc + BACKDATED
    return begins + (certificate.not_valid_after_utc - begins) / 2


def key_digest(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of the key as certificates hold it (RFC 5280, SubjectPublicKeyInfo), in hexadecimal."""
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def pem(certificate: x509.Certificate) -> bytes:
    """A certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def is_current(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether a leaf still has more life than the margin at which it is renewed."""
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE


def serves(certificate: x509.Certificate, hosts: tuple[str, ...]) -> bool:
    """Whether a server's certificate names all these hosts."""
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return all(_host(host) in set(names) for host in hosts)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "DipChip"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
    )


def _as_authority(
    builder: x509.CertificateBuilder,
    public_key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    *,
    path_length: int,
) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    builder = builder.add_extension(_key_usage(signs_messages=False), critical=True)
    return _identified(builder, public_key, issuer_key)


def _identified(
    builder: x509.CertificateBuilder, public_key: ec.EllipticCurvePublicKey, issuer_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    # Python 3.13 checks with VERIFY_X509_STRICT: both identifiers must be there.
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
    )


def _key_usage(*, signs_messages: bool) -> x509.KeyUsage:
    """A leaf signs handshakes; an authority signs certificates and revocation lists (RFC 5280, 4.2.1.3)."""
    return x509.KeyUsage(
        digital_signature=signs_messages,
        key_cert_sign=not signs_messages,
        crl_sign=not signs_messages,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _number(revocation_list: x509.CertificateRevocationList | None) -> int:
    if revocation_list is None:
        return 0
    return revocation_list.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def _revoked(serial: int, now: datetime) -> x509.RevokedCertificate:
    return x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
