# SPDX-License-Identifier: Apache-2.0
"""The tables of what people say to us and whom they can call: complaints, opinions by facility and day, help numbers.

Nothing here names who said it, and nothing leads to an enrolment.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from fleet.store.tables import metadata

_MS = BigInteger  # milliseconds since 1970, UTC
_ROW = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys

# One complaint. From a kiosk it has `kiosk`, `ident` and codes; from the console it may have words.
complaint = Table(
    "complaint",
    metadata,
    Column("row", _ROW, primary_key=True, autoincrement=True),
    Column("number", String(8), nullable=False),  # as the person was told it
    Column("profile", String(8), nullable=False),
    Column("province", String(2), nullable=False),
    Column("facility", String(5)),
    Column("kiosk", ForeignKey("kiosk.id")),
    Column("ident", String(32)),  # the kiosk's random id for it
    Column("source", String(8), nullable=False),  # fleet.complaints.rules.Source
    Column("category", String(8), nullable=False),  # wire.opinions.Category
    Column("term", String(8), nullable=False),  # fleet.complaints.rules.Term
    Column("state", String(8), nullable=False),  # fleet.complaints.rules.State
    Column("words", String(300), nullable=False),  # an operator's; a kiosk sends none
    Column("codes", Text),  # JSON: what the kiosk said of itself at that moment
    Column("said_day", String(10), nullable=False),  # by the kiosk's clock where it came from one
    Column("opened_ms", _MS, nullable=False),  # of a kiosk's only the hour: else it would say which visit it was
    Column("due_ms", _MS, nullable=False),
    Column("entered_by", String(64)),
    Column("responsible", String(64)),
    Column("taken_ms", _MS),
    Column("answer", String(300), nullable=False),
    Column("answered_by", String(64)),
    Column("answered_ms", _MS),
    Column("closed_by", String(64)),
    Column("closed_ms", _MS),
    Column("reopened", Integer, nullable=False),  # how often
    UniqueConstraint("kiosk", "ident"),
    CheckConstraint("(kiosk IS NULL) = (ident IS NULL)", name="of_a_kiosk_or_not"),
    Index(None, "number"),
    Index(None, "state", "province", "due_ms"),
    Index(None, "province", "opened_ms"),
)

# What people thought, counted by where the kiosk stood and the Bangkok day on which it told so.
opinion_day = Table(
    "opinion_day",
    metadata,
    Column("profile", String(8), primary_key=True),
    Column("province", String(2), primary_key=True),
    Column("facility", String(5), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("code", String(16), primary_key=True),  # wire.opinions.Opinion
    Column("n", BigInteger, nullable=False),
    CheckConstraint("n > 0", name="n_counts"),
    Index(None, "profile", "day"),
)

# What a kiosk's counters stood at when they last changed: only what they grow by from there is counted.
opinion_mark = Table(
    "opinion_mark",
    metadata,
    Column("kiosk", ForeignKey("kiosk.id"), primary_key=True),
    Column("boot", String(32), nullable=False),
    Column("monotonic_ms", _MS, nullable=False),
    Column("wall_ms", _MS, nullable=False),  # 0 where it was not set
    Column("counts", Text, nullable=False),  # JSON by code
)

# What kiosks tell people to call: everywhere, in a province or at a facility, once another person approved it.
help_number = Table(
    "help_number",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("digits", String(10), nullable=False),  # wire.phones
    Column("province", String(2)),
    Column("facility", String(5)),
    Column("proposed_by", String(64), nullable=False),
    Column("proposed_ms", _MS, nullable=False),
    Column("approved_by", String(64)),
    Column("approved_ms", _MS),
    Column("withdrawn_by", String(64)),
    Column("withdrawn_ms", _MS),
    CheckConstraint("approved_by <> proposed_by", name="two_people"),
    CheckConstraint("facility IS NULL OR province IS NOT NULL", name="one_place"),
)
