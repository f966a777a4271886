# SPDX-License-Identifier: Apache-2.0
"""The tables of alerts: what is or was amiss where, who works at what, who is told, and what is on its way to them.

Each row of a place says its province and facility; a region's says the region. What is about the controller says none.
No secret of a channel stands here: tokens and passwords are files of the process that sends.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, text

from fleet.store.tables import metadata

_MS = BigInteger  # milliseconds since 1970, UTC
_ROW = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys
_STANDING = text("cleared_ms IS NULL")
_UNSENT = text("sent_ms IS NULL AND gave_up_ms IS NULL")
_UNWRITTEN = text("letter IS NULL")


def _place() -> tuple[Column[str], Column[str], Column[int]]:
    return Column("province", String(2)), Column("facility", String(5)), Column("region", Integer)


maintenance_window = Table(
    "maintenance_window",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("scope", String(32), nullable=False),  # fleet.store.scope
    *_place(),
    Column("first_ms", _MS, nullable=False),
    Column("until_ms", _MS, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("by", String(80), nullable=False),
    Column("made_ms", _MS, nullable=False),
    Column("ended_ms", _MS),  # before its time
    sqlite_autoincrement=True,  # what the audit log names is not named again
)

# One row a rule and subject from the first sight of a fact until it is over; before `raised_ms` it is no alarm yet.
alert = Table(
    "alert",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("rule", String(32), nullable=False),  # fleet.alerts.rules.RuleId
    Column("subject", String(80), nullable=False),  # fleet.alerts.subjects.Subject, as text
    *_place(),
    Column("severity", String(8), nullable=False),
    Column("code", String(64)),
    Column("n", BigInteger),
    Column("of", BigInteger),
    Column("since_ms", _MS, nullable=False),
    Column("raised_ms", _MS),
    Column("absent_ms", _MS),
    Column("cleared_ms", _MS),
    Column("cleared_by", String(80)),  # None: it ended by itself
    Column("told_ms", _MS),  # when messages about it were made
    Column("part_of", String(80)),  # the subject of the outage that it belongs to
    Column("window", ForeignKey("maintenance_window.id")),
    Column("acknowledged_ms", _MS),
    Column("acknowledged_by", String(80)),
    Index(None, "raised_ms"),
    Index("uq_alert_standing", "rule", "subject", unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING),
    Index(None, "cleared_ms"),
    sqlite_autoincrement=True,
)

# Who is told of what happens in a scope, by which channel. An address is a person's at work.
alert_subscription = Table(
    "alert_subscription",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("scope", String(32), nullable=False),
    *_place(),
    Column("channel", String(8), nullable=False),  # mail | webhook | line
    Column("address", String(254), nullable=False),
    Column("language", String(2), nullable=False),
    Column("least", String(8), nullable=False),  # the least severity that is told
    Column("made_ms", _MS, nullable=False),
    Column("made_by", String(80), nullable=False),
    Column("ended_ms", _MS),
    sqlite_autoincrement=True,
)

# What is sent as one: its id is what a receiver knows it again by.
alert_letter = Table(
    "alert_letter",
    metadata,
    Column("id", String(36), primary_key=True),  # UUID
    Column("subscription", ForeignKey("alert_subscription.id"), nullable=False),
    Column("made_ms", _MS, nullable=False),
    Column("due_ms", _MS, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("sent_ms", _MS),
    Column("gave_up_ms", _MS),
    Column("error", String(32)),  # of the last attempt, as one word
    Index(None, "subscription", "made_ms"),
    Index("ix_alert_letter_unsent", "due_ms", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
)

# What somebody is to be told: that an alarm was raised, or that it is over. Each once; several may go in one letter.
alert_notice = Table(
    "alert_notice",
    metadata,
    Column("alert", ForeignKey("alert.id"), primary_key=True),
    Column("subscription", ForeignKey("alert_subscription.id"), primary_key=True),
    Column("news", String(8), primary_key=True),  # raised | cleared
    Column("made_ms", _MS, nullable=False),
    Column("letter", ForeignKey("alert_letter.id")),
    Index(None, "letter"),
    Index("ix_alert_notice_unwritten", "made_ms", sqlite_where=_UNWRITTEN, postgresql_where=_UNWRITTEN),
)

# The one row by which the alerting is held by one process, and by which others see that it lives.
alert_watch = Table(
    "alert_watch",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("holder", String(64), nullable=False),  # "" for none
    Column("until_ms", _MS, nullable=False),
    Column("beat_ms", _MS),  # when all was last judged
)

# When a facility is open, where that is known.
opening_hours = Table(
    "opening_hours",
    metadata,
    Column("province", String(2), primary_key=True),
    Column("facility", String(5), primary_key=True),
    Column("days", String(32), nullable=False),
    Column("opens", String(5), nullable=False),
    Column("closes", String(5), nullable=False),
)
