# SPDX-License-Identifier: Apache-2.0
"""The tables of kiosks that are to come, and of the certificates that kiosks were given."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from fleet.store.tables import metadata

_MS = BigInteger  # milliseconds since 1970, UTC
_ROW = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys

# What a technician may claim, once. The code itself is nowhere; `digest` goes when the claim is over.
claim = Table(
    "claim",
    metadata,
    Column("number", _ROW, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(32)),
    Column("kiosk", String(32), nullable=False),  # not yet a kiosk's row
    Column("facility", String(5), nullable=False),
    Column("province", String(2), nullable=False),
    Column("shard", String(2), nullable=False),
    Column("profile", String(8), nullable=False),  # wire.events.Profile
    Column("made_by", String(80), nullable=False),
    Column("made_ms", _MS, nullable=False),
    Column("expires_ms", _MS, nullable=False),
    Column("taken_ms", _MS),
    Column("fingerprint", LargeBinary(32)),  # of the keys that it is bound to since
    Column("withdrawn_ms", _MS),
    Index(None, "digest", unique=True),
    Index(None, "kiosk"),
)

# Every certificate that the signer gave: so that the same request gets the same one, and a revocation names them all.
given_certificate = Table(
    "given_certificate",
    metadata,
    Column("serial", String(40), primary_key=True),  # hexadecimal
    Column("kiosk", ForeignKey("kiosk.id"), nullable=False),
    Column("key_digest", String(64), nullable=False),  # wire.certificates.key_digest
    Column("pem", Text, nullable=False),
    Column("given_ms", _MS, nullable=False),
    Column("until_ms", _MS, nullable=False),
    Index(None, "kiosk", "given_ms"),
)
