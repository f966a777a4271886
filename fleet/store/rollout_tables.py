# SPDX-License-Identifier: Apache-2.0
"""The tables of rollouts: which release, agreed by whom, by which waves, and how each kiosk stands in it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from fleet.store.tables import metadata

_MS = BigInteger  # milliseconds since 1970, UTC
_ROW = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys

# Which ring each kiosk belongs to by itself: given once and kept, so that the same ones are the first each time.
kiosk_ring = Table(
    "kiosk_ring",
    metadata,
    Column("kiosk", ForeignKey("kiosk.id"), primary_key=True),
    Column("ring", String(8), nullable=False),  # fleet.devices.rings.Ring
    Column("given_ms", _MS, nullable=False),
)

# Facilities whose kiosks belong to another ring, because somebody said so.
ring_pin = Table(
    "ring_pin",
    metadata,
    Column("province", String(2), primary_key=True),
    Column("facility", String(5), primary_key=True),
    Column("ring", String(8), nullable=False),
    Column("pinned_by", String(80), nullable=False),
    Column("pinned_ms", _MS, nullable=False),
)

rollout = Table(
    "rollout",
    metadata,
    Column("number", _ROW, primary_key=True, autoincrement=True),
    Column("release", String(20), nullable=False),
    Column("words", String(200), nullable=False),  # what it brings, for whoever approves
    Column("state", String(12), nullable=False),  # fleet.devices.rollout_rules.State
    Column("proposed_by", String(80), nullable=False),
    Column("proposed_ms", _MS, nullable=False),
    Column("approved_by", String(80)),
    Column("approved_ms", _MS),
    Column("changed_by", String(80)),  # who paused, resumed or ended it last; None: it did so itself
    Column("changed_ms", _MS),
    Column("ended_ms", _MS),
    Column("sample", Integer, nullable=False),
    Column("bake_s", Integer, nullable=False),
    Column("failures_percent", Integer, nullable=False),
    Column("at_facility", Integer, nullable=False),
    Column("patience_s", Integer, nullable=False),
    Column("wave", Integer, nullable=False, server_default="0"),  # the last that was opened
    Column("counted_ms", _MS),  # failures before it were seen by whoever resumed it
    Column("ground", String(16)),  # fleet.devices.rollout_judging.Ground
    Column("seen", Text),  # fleet.devices.rollout_judging.Seen as JSON, when it was judged last
    Column("judged_ms", _MS),
    CheckConstraint("approved_by <> proposed_by", name="two_people"),
    sqlite_autoincrement=True,  # what the audit log names is not named again
)

rollout_wave = Table(
    "rollout_wave",
    metadata,
    Column("rollout", ForeignKey("rollout.number"), primary_key=True),
    Column("n", Integer, primary_key=True),  # from 1
    Column("ring", String(8), nullable=False),
    Column("share", Integer, nullable=False),  # of the ring, in percent, with the waves before it
    Column("began_ms", _MS),
    Column("passed_ms", _MS),
    CheckConstraint("share BETWEEN 1 AND 100", name="percent"),
)

# `since_ms` is from when its alarms and visits are compared with others', `visits` and `poor` what it had said by then.
rollout_kiosk = Table(
    "rollout_kiosk",
    metadata,
    Column("rollout", _ROW, primary_key=True),
    Column("kiosk", ForeignKey("kiosk.id"), primary_key=True),
    Column("wave", Integer, nullable=False),
    Column("state", String(8), nullable=False),  # fleet.devices.rollout_rules.Stage
    Column("n", _MS),  # its order's number, the last one
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("again_ms", _MS),  # not before it is asked again
    Column("changed_ms", _MS, nullable=False),
    Column("reason", String(64)),  # of a failure, or why it was left out
    Column("since_ms", _MS),
    Column("visits", BigInteger),
    Column("poor", BigInteger),
    ForeignKeyConstraint(["rollout", "wave"], ["rollout_wave.rollout", "rollout_wave.n"]),
    Index(None, "kiosk"),
    Index(None, "rollout", "state"),
)
