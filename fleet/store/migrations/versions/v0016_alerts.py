# SPDX-License-Identifier: Apache-2.0
"""Alerts: alarms, maintenance windows, subscriptions, what is on its way to them, and who holds the alerting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STANDING = sa.text("cleared_ms IS NULL")
_UNSENT = sa.text("sent_ms IS NULL AND gave_up_ms IS NULL")
_UNWRITTEN = sa.text("letter IS NULL")


def upgrade() -> None:
    """Add the seven tables; nobody is told of anything yet, and nobody holds the alerting."""
    _maintenance_window()
    _alert()
    _alert_subscription()
    _alert_letter()
    _alert_notice()
    watch = op.create_table(
        "alert_watch",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("beat_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_alert_watch")),
    )
    op.bulk_insert(watch, [{"name": "alerts", "holder": "", "until_ms": 0, "beat_ms": None}])
    op.create_table(
        "opening_hours",
        sa.Column("province", sa.String(length=2), nullable=False),
        sa.Column("facility", sa.String(length=5), nullable=False),
        sa.Column("days", sa.String(length=32), nullable=False),
        sa.Column("opens", sa.String(length=5), nullable=False),
        sa.Column("closes", sa.String(length=5), nullable=False),
        sa.PrimaryKeyConstraint("province", "facility", name=op.f("pk_opening_hours")),
    )


def _place() -> tuple[sa.Column[str], sa.Column[str], sa.Column[int]]:
    return (
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column("facility", sa.String(length=5), nullable=True),
        sa.Column("region", sa.Integer(), nullable=True),
    )


def _maintenance_window() -> None:
    op.create_table(
        "maintenance_window",
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        *_place(),
        sa.Column("first_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_window")),
        sqlite_autoincrement=True,
    )


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        *_place(),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("n", sa.BigInteger(), nullable=True),
        sa.Column("of", sa.BigInteger(), nullable=True),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), nullable=True),
        sa.Column("absent_ms", sa.BigInteger(), nullable=True),
        sa.Column("cleared_ms", sa.BigInteger(), nullable=True),
        sa.Column("cleared_by", sa.String(length=80), nullable=True),
        sa.Column("told_ms", sa.BigInteger(), nullable=True),
        sa.Column("part_of", sa.String(length=80), nullable=True),
        sa.Column("window", _ROW, nullable=True),
        sa.Column("acknowledged_ms", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["window"], ["maintenance_window.id"], name=op.f("fk_alert_window")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_alert_standing",
        "alert",
        ["rule", "subject"],
        unique=True,
        sqlite_where=_STANDING,
        postgresql_where=_STANDING,
    )
    op.create_index(op.f("ix_alert_cleared_ms"), "alert", ["cleared_ms"])


def _alert_subscription() -> None:
    op.create_table(
        "alert_subscription",
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        *_place(),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("least", sa.String(length=8), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_subscription")),
        sqlite_autoincrement=True,
    )


def _alert_letter() -> None:
    op.create_table(
        "alert_letter",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subscription", _ROW, nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True),
        sa.Column("gave_up_ms", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["subscription"], ["alert_subscription.id"], name=op.f("fk_alert_letter_subscription")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_letter")),
    )
    op.create_index(op.f("ix_alert_letter_subscription_made_ms"), "alert_letter", ["subscription", "made_ms"])
    op.create_index(
        "ix_alert_letter_unsent", "alert_letter", ["due_ms"], sqlite_where=_UNSENT, postgresql_where=_UNSENT
    )


def _alert_notice() -> None:
    op.create_table(
        "alert_notice",
        sa.Column("alert", _ROW, nullable=False),
        sa.Column("subscription", _ROW, nullable=False),
        sa.Column("news", sa.String(length=8), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("letter", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["alert"], ["alert.id"], name=op.f("fk_alert_notice_alert")),
        sa.ForeignKeyConstraint(["subscription"], ["alert_subscription.id"], name=op.f("fk_alert_notice_subscription")),
        sa.ForeignKeyConstraint(["letter"], ["alert_letter.id"], name=op.f("fk_alert_notice_letter")),
        sa.PrimaryKeyConstraint("alert", "subscription", "news", name=op.f("pk_alert_notice")),
    )
    op.create_index(op.f("ix_alert_notice_letter"), "alert_notice", ["letter"])
    op.create_index(
        "ix_alert_notice_unwritten", "alert_notice", ["made_ms"], sqlite_where=_UNWRITTEN, postgresql_where=_UNWRITTEN
    )
