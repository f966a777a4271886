# SPDX-License-Identifier: Apache-2.0
"""The tables of orders to kiosks: what was ordered, what came of it, and what an order to each kiosk has to carry."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, text

from fleet.store.tables import metadata

_MS = BigInteger  # milliseconds since 1970, UTC
_OPEN = text("ended_ms IS NULL")

# One at a time is under way at each kiosk.
kiosk_order = Table(
    "kiosk_order",
    metadata,
    Column("kiosk", ForeignKey("kiosk.id"), primary_key=True),
    Column("n", _MS, primary_key=True),  # only rises at each kiosk: it is the moment of the order, or later
    Column("op", String(16), nullable=False),  # wire.orders.Op
    Column("release", String(20)),  # which one an update installs
    Column("asked_by", String(80), nullable=False),
    Column("asked_ms", _MS, nullable=False),
    Column("expires_ms", _MS, nullable=False),
    Column("sent_ms", _MS),  # the last time
    Column("taken_ms", _MS),  # when the kiosk's word came that it does it
    Column("ended_ms", _MS),
    Column("ending", String(16)),  # fleet.devices.orders.State
    Column("reason", String(64)),  # of a refusal, the kiosk's own word
    Column("cancelled_by", String(80)),
    Column("diagnosis", Text),  # wire.orders.Diagnosis as JSON
    Index("uq_kiosk_order_open", "kiosk", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
)

# Of the kiosks that take orders, as their heartbeats say.
order_nonce = Table(
    "order_nonce",
    metadata,
    Column("kiosk", ForeignKey("kiosk.id"), primary_key=True),
    Column("nonce", String(32), nullable=False),
    Column("heard_ms", _MS, nullable=False),
)
