# SPDX-License-Identifier: Apache-2.0
"""The tables of what people did with kiosks, and of what newer kiosks say beside `device_state`."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from fleet.store.tables import metadata

_MS = BigInteger  # milliseconds since 1970, UTC
_ROW = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys

# Kiosks that somebody reported as gone. From `received` on: what was known when another person confirmed.
loss = Table(
    "loss",
    metadata,
    Column("number", _ROW, primary_key=True, autoincrement=True),
    Column("kiosk", ForeignKey("kiosk.id"), nullable=False),
    Column("kind", String(8), nullable=False),  # fleet.devices.losses.Kind
    Column("reported_by", String(64), nullable=False),
    Column("reported_ms", _MS, nullable=False),
    Column("confirmed_by", String(64)),
    Column("confirmed_ms", _MS),
    Column("withdrawn_by", String(64)),
    Column("withdrawn_ms", _MS),
    Column("received", BigInteger),
    Column("seen_ms", _MS),
    Column("unsent", BigInteger),
    Column("oldest_unsent_s", BigInteger),
    CheckConstraint("confirmed_by <> reported_by", name="two_people"),
    CheckConstraint("confirmed_ms IS NULL OR withdrawn_ms IS NULL", name="one_end"),
    Index(None, "kiosk"),
)

# Until when each kiosk's certificate is good and how its two keys are kept, as its heartbeats say.
kiosk_certificate = Table(
    "kiosk_certificate",
    metadata,
    Column("kiosk", ForeignKey("kiosk.id"), primary_key=True),
    Column("until_ms", _MS, nullable=False),
    Column("event_key", String(16)),
    Column("tls_key", String(16)),
    Index(None, "until_ms"),
)

# What was checked when a kiosk was handed over, as its event key signed it (wire.self_tests.SelfTest).
self_test = Table(
    "self_test",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the whole message, hexadecimal
    Column("kiosk", ForeignKey("kiosk.id"), nullable=False),
    Column("received_ms", _MS, nullable=False),
    Column("body", Text, nullable=False),  # JSON
    Index(None, "kiosk", "received_ms"),
)
