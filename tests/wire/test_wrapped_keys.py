# SPDX-License-Identifier: Apache-2.0
"""The file of a key that a TPM has wrapped: its public half is read, and what is not such a key is refused."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization

from wire.certificates import new_key
from wire.errors import Malformed
from wire.wrapped_keys import is_wrapped, public_half

# Made by swtpm 0.7.1 with tpm2-openssl 1.1.1, and its public half as OpenSSL told it.
WRAPPED = b"""-----BEGIN TSS2 PRIVATE KEY-----
MIHwBgZngQUKAQOgAwEBAQIEQAAAAQRYAFYAIwALAAYAcgAAABAAEAADABAAIPdD
ncB32OjjJRg/UQ1EHMU1ybTW1d+nSNie34aqkpd9ACAiknuMyR6pQMbI14eLImlI
ow6PQd2CpGvr9FrD3cAcPgSBgAB+ACAJzV+afGA7g7fUqYUs0000gpmMswVFeNo9
+GwxWIC5YwAQki5eEu6lUZkki3JWowMAMx+bgm+nqYgceNbvOLXm6oRG6dXK5YoX
aZ/y2or6DSQHVbOC0OAuJRrgl4HGIx4YWn9HUHZ/3Wynw1aWkRSR6/PxmcUeM7IW
KdfM
-----END TSS2 PRIVATE KEY-----
"""
PUBLIC = b"""-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE90OdwHfY6OMlGD9RDUQcxTXJtNbV
36dI2J7fhqqSl30iknuMyR6pQMbI14eLImlIow6PQd2CpGvr9FrD3cAcPg==
-----END PUBLIC KEY-----
"""
KIND, ATTRIBUTES, CURVE, X = 26, 30, 42, 46  # where they begin in the DER


def changed(at: int, to: bytes) -> bytes:
    der = bytearray(base64.b64decode(b"".join(WRAPPED.splitlines()[1:-1])))
    der[at : at + len(to)] = to
    return in_pem(bytes(der))


def in_pem(der: bytes) -> bytes:
    return b"-----BEGIN TSS2 PRIVATE KEY-----\n%s-----END TSS2 PRIVATE KEY-----\n" % base64.encodebytes(der)


def test_the_public_half_is_what_openssl_tells() -> None:
    assert public_half(WRAPPED) == serialization.load_pem_public_key(PUBLIC)
    assert public_half(changed(0, b"")) == public_half(WRAPPED)


def test_a_key_that_lies_in_a_file_is_not_taken_for_one_in_a_tpm() -> None:
    plain = new_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert (is_wrapped(WRAPPED), is_wrapped(b"chain\n" + WRAPPED), is_wrapped(plain)) == (True, True, False)
    with pytest.raises(Malformed):
        public_half(plain)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(changed(KIND, b"\x00\x01"), id="an RSA key"),
        pytest.param(changed(ATTRIBUTES, b"\x00\x06\x00\x52"), id="made elsewhere and brought into the TPM"),
        pytest.param(changed(ATTRIBUTES, b"\x00\x06\x00\x60"), id="may leave the TPM"),
        pytest.param(changed(CURVE, b"\x00\x04"), id="another curve"),
        pytest.param(changed(X, b"\x00\x21"), id="a coordinate too long"),
        pytest.param(changed(X + 2, bytes(32)), id="no point of the curve"),
        pytest.param(changed(0, b"\x31"), id="no sequence"),
        pytest.param(in_pem(b"\x30\x82\x02"), id="cut off"),
        pytest.param(in_pem(b"\x30\x03\x06\x01\x00"), id="nothing in it"),
        pytest.param(in_pem(b""), id="empty"),
    ],
)
def test_what_is_no_p256_key_born_in_a_tpm_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        public_half(content)
