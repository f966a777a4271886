# SPDX-License-Identifier: Apache-2.0
"""The controller's tables. No citizen number, name or picture has a column: people are tokens, identities are sealed.

The same definitions serve SQLite and PostgreSQL; the migrations create them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Moments are milliseconds since 1970, UTC; days are ISO 8601 dates in Asia/Bangkok.
_MS = BigInteger
_ROW = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys

kiosk = Table(
    "kiosk",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("facility", String(5), nullable=False),
    Column("province", String(2), nullable=False),  # where it stands, not where people live
    Column("shard", String(2), nullable=False),
    Column("event_key", Text, nullable=False),  # the screen's public JWK as JSON: events and asks
    Column("courier_key", Text, nullable=False),  # the courier's, likewise: HELLO and heartbeats
    Column("status", String(16), nullable=False),  # active | revoked
    Column("registered_ms", _MS, nullable=False),
)

stream = Table(
    "stream",
    metadata,
    Column("kiosk", ForeignKey("kiosk.id"), primary_key=True),
    Column("stream", String(24), primary_key=True),
    Column("acked", BigInteger, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
    Column("parent_stream", String(24)),
    Column("parent_seq", BigInteger),
    Column("moved_ms", _MS, nullable=False),  # when its cursor last moved: the freshest come first in a receipt
    Column("archived", BigInteger, nullable=False, server_default="0"),  # a verified backup holds it up to here
    Index(None, "kiosk", "parent_stream", "parent_seq"),
    Index(None, "kiosk", "moved_ms"),
)

event = Table(
    "event",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kiosk", ForeignKey("kiosk.id"), nullable=False),
    Column("stream", String(24), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("received_ms", _MS, nullable=False),
    UniqueConstraint("kiosk", "stream", "seq"),
    Index(None, "digest"),
)

# What an event is recognised by stays for ever; its bytes are kept by the month of their receipt (docs/adr/0017). No
# foreign key: an event and its bytes are written by one statement each in one transaction, and old months may go.
event_content = Table(
    "event_content",
    metadata,
    Column("event", String(36), primary_key=True),
    Column("received_ms", _MS, primary_key=True),  # the event's
    Column("signed", LargeBinary, nullable=False),
    Column("attachment", LargeBinary),  # erased when the identity provider has accepted
    postgresql_partition_by="RANGE (received_ms)",
)

# One row an event: the road of that capture. `state` is wire.asks.PersonState.
enrollment = Table(
    "enrollment",
    metadata,
    Column("event", ForeignKey("event.id"), primary_key=True),
    Column("profile", String(8), nullable=False),  # test | live
    Column("state", String(16), nullable=False),
    Column("token", LargeBinary(16)),  # the person, known once the relay has opened the identity
    Column("province", String(2)),  # of the address, likewise
    Column("reply_key", String(43)),  # the session's public key, likewise
    Column("reference", String(64)),  # the identity provider's
    Column("duplicate_of", ForeignKey("event.id")),
    Column("reason", String(64)),  # why rejected, in the identity provider's code
    Column("captured_ms", _MS, nullable=False),  # when received here: the kiosk's clock decides nothing
    Column("submitted_ms", _MS),
    Column("accepted_ms", _MS),
    Column("activated_ms", _MS),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_ms", _MS),  # when the relay looks again; None when there is nothing left to do
    Index(None, "due_ms"),
    Index(None, "token"),
)

# One row a person: `token` is HMAC(relay key, purpose | citizen number), 128 bits.
person = Table(
    "person",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("profile", String(8), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("province", String(2)),
    Column("first_event", ForeignKey("event.id"), nullable=False),
    Column("accepted_ms", _MS),
    Column("activated_ms", _MS),
    Column("revoked_ms", _MS),
)

# People by the day they reached a state: what the coverage page sums. `province` is "" where the card's is unknown.
coverage_day = Table(
    "coverage_day",
    metadata,
    Column("profile", String(8), primary_key=True),
    Column("province", String(2), primary_key=True),
    Column("state", String(16), primary_key=True),  # submitted | accepted | activated | revoked
    Column("day", String(10), primary_key=True),
    Column("n", BigInteger, nullable=False),
    CheckConstraint("n >= 0", name="n_counts"),
)

# Captures by the kiosk's province and day: workload, never coverage.
workload_day = Table(
    "workload_day",
    metadata,
    Column("profile", String(8), primary_key=True),
    Column("province", String(2), primary_key=True),
    Column("facility", String(5), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("captured", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False, server_default="0"),
    Column("lapsed", BigInteger, nullable=False, server_default="0"),  # erased at the kiosk before it could be sent
    Index(None, "profile", "day", sqlite_where=text("lapsed > 0"), postgresql_where=text("lapsed > 0")),
)

ask = Table(
    "ask",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kiosk", ForeignKey("kiosk.id"), nullable=False),
    Column("about", String(8), nullable=False),  # wire.asks.About
    Column("event", String(36)),  # of a question for a new code: the person's, once it was answered
    Column("attachment", LargeBinary, nullable=False),
    Column("received_ms", _MS, nullable=False),
    Column("expires_ms", _MS, nullable=False),
    Column("answered", Integer, nullable=False, server_default="0"),  # answers given so far
    Column("said", String(16)),  # the last state that was answered
    Column("signed", LargeBinary),  # of a question for a new code: as its kiosk signed it
    Index(None, "expires_ms"),
    Index(None, "event"),
)

# Questions for a new code of the last days: each acts once. `outcome`, here and below: fleet.enrollments.codes.Outcome.
code_request = Table(
    "code_request",
    metadata,
    Column("ask", String(36), primary_key=True),
    Column("kiosk", ForeignKey("kiosk.id"), nullable=False),
    Column("token", LargeBinary(16), nullable=False),
    Column("profile", String(8), nullable=False),
    Column("at_ms", _MS, nullable=False),
    Column("outcome", String(16)),  # None while it is not answered; come again later, it is told nothing new
    Index(None, "kiosk", "at_ms"),
    Index(None, "token", "at_ms"),
)

# What became of them by kiosk and day: figures without a person, kept.
code_day = Table(
    "code_day",
    metadata,
    Column("kiosk", ForeignKey("kiosk.id"), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("outcome", String(16), primary_key=True),
    Column("n", BigInteger, nullable=False),
)

# Signed by the relay, carried by the courier; deleted when the ask expires.
outgoing = Table(
    "outgoing",
    metadata,
    Column("row", _ROW, primary_key=True, autoincrement=True),
    Column("kiosk", ForeignKey("kiosk.id"), nullable=False),
    Column("ask", String(36), nullable=False),
    Column("message", LargeBinary, nullable=False),
    Column("made_ms", _MS, nullable=False),
    Column("sent_ms", _MS),
    Index(None, "sent_ms"),
    Index(None, "ask"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("row", _ROW, primary_key=True, autoincrement=True),
    Column("kiosk", String(32), nullable=False),  # as the topic says; may be unknown
    Column("kind", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),  # of the whole message
    Column("size_bytes", Integer, nullable=False),
    Column("message", LargeBinary),  # whole for signed events, None past the quota
    Column("received_ms", _MS, nullable=False),
    UniqueConstraint("kiosk", "reason", "digest"),
)

refusal = Table(
    "refusal",
    metadata,
    Column("kiosk", String(32), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("reason", String(32), primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("last_ms", _MS, nullable=False),
)

alarm = Table(
    "alarm",
    metadata,
    Column("row", _ROW, primary_key=True, autoincrement=True),
    Column("kiosk", ForeignKey("kiosk.id"), nullable=False),
    Column("kind", String(16), nullable=False),  # wire.chain.Alarm
    Column("stream", String(24), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("raised_ms", _MS, nullable=False),
    Column("looked_ms", _MS),  # until somebody has looked, the kiosk needs care
    UniqueConstraint("kiosk", "kind", "stream", "seq"),
)

device_state = Table(
    "device_state",
    metadata,
    Column("kiosk", ForeignKey("kiosk.id"), primary_key=True),
    Column("seen_ms", _MS, nullable=False),
    Column("release", String(64)),
    Column("outbox", BigInteger),
    Column("oldest_unacked_s", BigInteger),
    Column("screen", String(64)),
    Column("reader", String(64)),
    Column("camera", String(64)),
    Column("disk_free_mib", BigInteger),
    Column("clock_sync", String(16)),
    Column("sessions", Text),  # JSON object: ending -> count
)

import_batch = Table(
    "import_batch",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),  # denominators | official | indicators
    Column("file_sha256", String(64), nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("source", String(200), nullable=False),
    Column("made_up", Boolean, nullable=False),  # sample figures: shown as such wherever they appear
    Column("imported_ms", _MS, nullable=False),
    Column("imported_by", String(64), nullable=False),
)

# B1 and B2 of a fiscal year (B.E.); a missing row is "missing", a zero is a zero.
denominator = Table(
    "denominator",
    metadata,
    Column("fiscal_year", Integer, primary_key=True),
    Column("province", String(2), primary_key=True),
    Column("b1", BigInteger),
    Column("b2", BigInteger),
    Column("batch", ForeignKey("import_batch.id"), nullable=False),
)

# Figures of a region's indicators by quarter: `R8-1`, or a part of one, `R8-3/M1`. A count has no `den`.
indicator_figure = Table(
    "indicator_figure",
    metadata,
    Column("fiscal_year", Integer, primary_key=True),
    Column("period", Integer, primary_key=True),  # 3 | 6 | 9 | 12
    Column("figure", String(48), primary_key=True),
    Column("num", BigInteger),
    Column("den", BigInteger),
    Column("batch", ForeignKey("import_batch.id"), nullable=False),
)

# The ministry's own figures, never mixed with ours.
official = Table(
    "official",
    metadata,
    Column("fiscal_year", Integer, primary_key=True),
    Column("period", Integer, primary_key=True),  # 6 | 12
    Column("province", String(2), primary_key=True),
    Column("a1", BigInteger),
    Column("b1", BigInteger),
    Column("a2", BigInteger),
    Column("b2", BigInteger),
    Column("batch", ForeignKey("import_batch.id"), nullable=False),
)

# What operators did, each line chained to the one before it. The database refuses to change or delete one.
audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ms", _MS, nullable=False),
    Column("who", String(80), nullable=False),
    Column("act", String(32), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("digest", String(64), nullable=False),  # SHA-256 in hexadecimal
)

# What welcome screens may show, everywhere unless a province or a kiosk is named, once another person approved it.
announcement = Table(
    "announcement",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("th", String(100), nullable=False),
    Column("en", String(100), nullable=False),
    Column("province", String(2)),
    Column("kiosk", ForeignKey("kiosk.id")),
    Column("first_day", String(10), nullable=False),
    Column("last_day", String(10), nullable=False),
    Column("proposed_by", String(64), nullable=False),
    Column("proposed_ms", _MS, nullable=False),
    Column("approved_by", String(64)),
    Column("approved_ms", _MS),
    Column("withdrawn_by", String(64)),
    Column("withdrawn_ms", _MS),
    CheckConstraint("approved_by <> proposed_by", name="two_people"),
    CheckConstraint("province IS NULL OR kiosk IS NULL", name="one_scope"),
)

# Where somebody waits for a helper now: the row goes when the call is over, and the helper's name with it.
help_call = Table(
    "help_call",
    metadata,
    Column("kiosk", ForeignKey("kiosk.id"), primary_key=True),
    Column("call", String(32), nullable=False),  # the kiosk's fresh id for it
    Column("since_ms", _MS, nullable=False),
    Column("heard_ms", _MS, nullable=False),  # when the kiosk last said that it is open
    Column("name", String(40)),  # of who comes, as the screen shows it
    Column("minutes", Integer),
    Column("acknowledged_ms", _MS),
    Column("told_ms", _MS),  # when the kiosk was told at once; it is told again with every heartbeat
)

# Who works where, by a unit's list: `token` is HMAC(relay key, "staff|1" | citizen number), and joins with no `person`.
roster = Table(
    "roster",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("facility", String(5), primary_key=True),
    Column("unit", String(60), nullable=False),
    Column("position", String(60), nullable=False),
    Column("admin", String(60), nullable=False),  # who mends the list
    Column("imported_ms", _MS, nullable=False),
    Index(None, "facility"),
)

# Somebody at a kiosk says that the list has them not, or wrongly; deleted by the list that answers it.
ticket = Table(
    "ticket",
    metadata,
    Column("number", _ROW, primary_key=True, autoincrement=True),
    Column("token", LargeBinary(16), nullable=False),  # as in `roster`
    Column("facility", String(5), nullable=False),  # whose list
    Column("amiss", String(8), nullable=False),  # wire.asks.Amiss
    Column("kiosk", ForeignKey("kiosk.id"), nullable=False),
    Column("raised_ms", _MS, nullable=False),
    UniqueConstraint("token", "facility", "amiss"),
    sqlite_autoincrement=True,  # the number of a ticket that is gone is not given again
)

# Couriers that run: each has its shards until then, unless it says so again.
courier = Table(
    "courier", metadata, Column("name", String(64), primary_key=True), Column("until_ms", _MS, nullable=False)
)

# One row a shard: which courier takes it, "" for none.
shard_lease = Table(
    "shard_lease", metadata, Column("shard", String(2), primary_key=True), Column("courier", String(64), nullable=False)
)
