# SPDX-License-Identifier: Apache-2.0
"""The tables of who may look at the console. A password, an id or a token stands in none of them as it is."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from fleet.store.tables import metadata

_MS = BigInteger  # milliseconds since 1970, UTC
_ROW = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys
_SCOPE = String(32).with_variant(String(16), "sqlite")  # which keeps to no length, and to the word it was made with

# Who may look at the console. Those that left stay as rows: the audit log names them.
operator = Table(
    "operator",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("name", String(32), nullable=False),
    Column("display", String(64), nullable=False),
    Column("scope", _SCOPE, nullable=False),  # fleet.store.scope.Scope
    Column("role", String(16), nullable=False),  # fleet.operators.accounts.Role
    Column("password", String(128), nullable=False),  # Argon2id, with its parameters and salt
    Column("totp", LargeBinary, nullable=False),  # sealed with web.operator_key
    Column("totp_step", BigInteger, nullable=False),  # the step of time of the last code that was taken
    Column("made_ms", _MS, nullable=False),
    Column("disabled_ms", _MS),
    UniqueConstraint("name"),
)

operator_session = Table(
    "operator_session",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(32), nullable=False),  # SHA-256 of the id in the browser
    Column("operator", ForeignKey("operator.id"), nullable=False),
    Column("address", String(45), nullable=False),
    Column("began_ms", _MS, nullable=False),
    Column("seen_ms", _MS, nullable=False),
    UniqueConstraint("digest"),
    Index(None, "operator"),
    sqlite_autoincrement=True,  # the number of a session that is over is not given again
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(32), nullable=False),  # SHA-256
    Column("operator", ForeignKey("operator.id"), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("made_ms", _MS, nullable=False),
    Column("until_ms", _MS, nullable=False),
    Column("acts_as", String(16)),  # at most as this role; null: it only reads
    UniqueConstraint("digest"),
    Index(None, "operator"),
    sqlite_autoincrement=True,
)

# Who an account is at the provider. `subject` is keyed and hashed: some providers name people by number.
operator_identity = Table(
    "operator_identity",
    metadata,
    Column("subject", LargeBinary(32), primary_key=True),
    Column("operator", ForeignKey("operator.id"), nullable=False),
    Column("issuer", String(256), nullable=False),
    Column("linked_ms", _MS, nullable=False),
    UniqueConstraint("operator"),
)

# A key of a phone, a computer or a stick that signs in by itself.
operator_passkey = Table(
    "operator_passkey",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("credential", LargeBinary(1023), nullable=False),  # WebAuthn, 4: at most
    Column("operator", ForeignKey("operator.id"), nullable=False),
    Column("public_key", LargeBinary, nullable=False),  # COSE
    Column("uses", BigInteger, nullable=False),  # as its maker counts; 0 where none does
    Column("name", String(64), nullable=False),
    Column("made_ms", _MS, nullable=False),
    Column("used_ms", _MS),
    UniqueConstraint("credential"),
    Index(None, "operator"),
    sqlite_autoincrement=True,
)

# More than an account may now, which somebody else has to approve.
rights_proposal = Table(
    "rights_proposal",
    metadata,
    Column("operator", ForeignKey("operator.id"), primary_key=True),
    Column("scope", String(32), nullable=False),
    Column("role", String(16), nullable=False),
    Column("proposed_by", String(32), nullable=False),
    Column("proposed_ms", _MS, nullable=False),
)

# What a browser has begun and must finish itself, once and soon. `digest` is of its id, the purpose and a ticket.
operator_errand = Table(
    "operator_errand",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("operator", ForeignKey("operator.id")),  # whose, where that is known already
    Column("wanted", String(512), nullable=False),  # the page that opens at its end
    Column("until_ms", _MS, nullable=False),
    Index(None, "until_ms"),
)

# Wrong attempts to sign in of the last day. `who` is an account's name or an address, keyed and hashed.
sign_in_pause = Table(
    "sign_in_pause",
    metadata,
    Column("who", String(32), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("last_ms", _MS, nullable=False),
)

# Who has looked at which scope's morning, by the day in Bangkok.
morning_check = Table(
    "morning_check",
    metadata,
    Column("scope", String(32), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("who", String(32), primary_key=True),
    Column("at_ms", _MS, nullable=False),
)

# Where the act of each line of the audit log stands, for whoever reads what was done there; none: the nation's.
audit_place = Table(
    "audit_place",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("region", Integer),  # of a whole region
    Column("province", String(2)),
    Column("facility", String(5)),
    Index(None, "province", "seq"),
)
