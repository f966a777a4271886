# SPDX-License-Identifier: Apache-2.0
"""The first tables. A released migration is never edited: a change is another migration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts up only INTEGER keys


def upgrade() -> None:
    """Create every table."""
    _coverage_day()
    _import_batch()
    _kiosk()
    _quarantine()
    _refusal()
    _workload_day()
    _alarm()
    _ask()
    _denominator()
    _device_state()
    _event()
    _official()
    _outgoing()
    _stream()
    _enrollment()
    _person()


def _coverage_day() -> None:
    op.create_table(
        "coverage_day",
        sa.Column("profile", sa.String(length=8), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("n >= 0", name=op.f("ck_coverage_day_n_counts")),
        sa.PrimaryKeyConstraint("profile", "province", "state", "day", name=op.f("pk_coverage_day")),
    )


def _import_batch() -> None:
    op.create_table(
        "import_batch",
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("made_up", sa.Boolean(), nullable=False),
        sa.Column("imported_ms", sa.BigInteger(), nullable=False),
        sa.Column("imported_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )


def _kiosk() -> None:
    op.create_table(
        "kiosk",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("facility", sa.String(length=5), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=False),
        sa.Column("shard", sa.String(length=2), nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("courier_key", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("registered_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosk")),
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("row", _ROW, autoincrement=True, nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("kiosk", "reason", "digest", name=op.f("uq_quarantine_kiosk_reason_digest")),
    )


def _refusal() -> None:
    op.create_table(
        "refusal",
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kiosk", "kind", "reason", name=op.f("pk_refusal")),
    )


def _workload_day() -> None:
    op.create_table(
        "workload_day",
        sa.Column("profile", sa.String(length=8), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=False),
        sa.Column("facility", sa.String(length=5), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("profile", "province", "facility", "day", name=op.f("pk_workload_day")),
    )


def _alarm() -> None:
    op.create_table(
        "alarm",
        sa.Column("row", _ROW, autoincrement=True, nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("stream", sa.String(length=24), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_alarm_kiosk")),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_alarm")),
        sa.UniqueConstraint("kiosk", "kind", "stream", "seq", name=op.f("uq_alarm_kiosk_kind_stream_seq")),
    )


def _ask() -> None:
    op.create_table(
        "ask",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=8), nullable=False),
        sa.Column("event", sa.String(length=36), nullable=True),
        sa.Column("attachment", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("said", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_ask_kiosk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ask")),
    )
    op.create_index(op.f("ix_ask_event"), "ask", ["event"], unique=False)
    op.create_index(op.f("ix_ask_expires_ms"), "ask", ["expires_ms"], unique=False)


def _denominator() -> None:
    op.create_table(
        "denominator",
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=False),
        sa.Column("b1", sa.BigInteger(), nullable=True),
        sa.Column("b2", sa.BigInteger(), nullable=True),
        sa.Column("batch", _ROW, nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["import_batch.id"], name=op.f("fk_denominator_batch")),
        sa.PrimaryKeyConstraint("fiscal_year", "province", name=op.f("pk_denominator")),
    )


def _device_state() -> None:
    op.create_table(
        "device_state",
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("release", sa.String(length=64), nullable=True),
        sa.Column("outbox", sa.BigInteger(), nullable=True),
        sa.Column("oldest_unacked_s", sa.BigInteger(), nullable=True),
        sa.Column("screen", sa.String(length=64), nullable=True),
        sa.Column("reader", sa.String(length=64), nullable=True),
        sa.Column("camera", sa.String(length=64), nullable=True),
        sa.Column("disk_free_mib", sa.BigInteger(), nullable=True),
        sa.Column("clock_sync", sa.String(length=16), nullable=True),
        sa.Column("sessions", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_device_state_kiosk")),
        sa.PrimaryKeyConstraint("kiosk", name=op.f("pk_device_state")),
    )


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("stream", sa.String(length=24), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=False),
        sa.Column("attachment", sa.LargeBinary(), nullable=True),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_event_kiosk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("kiosk", "stream", "seq", name=op.f("uq_event_kiosk_stream_seq")),
    )
    op.create_index(op.f("ix_event_digest"), "event", ["digest"], unique=False)


def _official() -> None:
    op.create_table(
        "official",
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=False),
        sa.Column("a1", sa.BigInteger(), nullable=True),
        sa.Column("b1", sa.BigInteger(), nullable=True),
        sa.Column("a2", sa.BigInteger(), nullable=True),
        sa.Column("b2", sa.BigInteger(), nullable=True),
        sa.Column("batch", _ROW, nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["import_batch.id"], name=op.f("fk_official_batch")),
        sa.PrimaryKeyConstraint("fiscal_year", "period", "province", name=op.f("pk_official")),
    )


def _outgoing() -> None:
    op.create_table(
        "outgoing",
        sa.Column("row", _ROW, autoincrement=True, nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("ask", sa.String(length=36), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_outgoing_kiosk")),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_outgoing")),
    )
    op.create_index(op.f("ix_outgoing_ask"), "outgoing", ["ask"], unique=False)
    op.create_index(op.f("ix_outgoing_sent_ms"), "outgoing", ["sent_ms"], unique=False)


def _stream() -> None:
    op.create_table(
        "stream",
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("stream", sa.String(length=24), nullable=False),
        sa.Column("acked", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("parent_stream", sa.String(length=24), nullable=True),
        sa.Column("parent_seq", sa.BigInteger(), nullable=True),
        sa.Column("moved_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_stream_kiosk")),
        sa.PrimaryKeyConstraint("kiosk", "stream", name=op.f("pk_stream")),
    )
    op.create_index(op.f("ix_stream_kiosk_moved_ms"), "stream", ["kiosk", "moved_ms"], unique=False)
    op.create_index(
        op.f("ix_stream_kiosk_parent_stream_parent_seq"),
        "stream",
        ["kiosk", "parent_stream", "parent_seq"],
        unique=False,
    )


def _enrollment() -> None:
    op.create_table(
        "enrollment",
        sa.Column("event", sa.String(length=36), nullable=False),
        sa.Column("profile", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("token", sa.LargeBinary(length=16), nullable=True),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column("reply_key", sa.String(length=43), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("duplicate_of", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("captured_ms", sa.BigInteger(), nullable=False),
        sa.Column("submitted_ms", sa.BigInteger(), nullable=True),
        sa.Column("accepted_ms", sa.BigInteger(), nullable=True),
        sa.Column("activated_ms", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["duplicate_of"], ["event.id"], name=op.f("fk_enrollment_duplicate_of")),
        sa.ForeignKeyConstraint(["event"], ["event.id"], name=op.f("fk_enrollment_event")),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_enrollment")),
    )
    op.create_index(op.f("ix_enrollment_due_ms"), "enrollment", ["due_ms"], unique=False)
    op.create_index(op.f("ix_enrollment_token"), "enrollment", ["token"], unique=False)


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("profile", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column("first_event", sa.String(length=36), nullable=False),
        sa.Column("accepted_ms", sa.BigInteger(), nullable=True),
        sa.Column("activated_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["first_event"], ["event.id"], name=op.f("fk_person_first_event")),
        sa.PrimaryKeyConstraint("token", "profile", name=op.f("pk_person")),
    )
