# SPDX-License-Identifier: Apache-2.0
"""Rollouts: rings, waves, and how each kiosk stands in one; an order names its release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and let an order name a release."""
    op.add_column("kiosk_order", sa.Column("release", sa.String(20)))
    op.create_index(op.f("ix_alert_raised_ms"), "alert", ["raised_ms"])
    _make_rings()
    _make_rollouts()


def _make_rings() -> None:
    op.create_table(
        "kiosk_ring",
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("ring", sa.String(8), nullable=False),
        sa.Column("given_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_kiosk_ring_kiosk")),
        sa.PrimaryKeyConstraint("kiosk", name=op.f("pk_kiosk_ring")),
    )
    op.create_table(
        "ring_pin",
        sa.Column("province", sa.String(2), nullable=False),
        sa.Column("facility", sa.String(5), nullable=False),
        sa.Column("ring", sa.String(8), nullable=False),
        sa.Column("pinned_by", sa.String(80), nullable=False),
        sa.Column("pinned_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("province", "facility", name=op.f("pk_ring_pin")),
    )


def _make_rollouts() -> None:
    op.create_table(
        "rollout",
        sa.Column("number", _ROW, autoincrement=True, nullable=False),
        sa.Column("release", sa.String(20), nullable=False),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("proposed_by", sa.String(80), nullable=False),
        sa.Column("proposed_ms", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(80)),
        sa.Column("approved_ms", sa.BigInteger()),
        sa.Column("changed_by", sa.String(80)),
        sa.Column("changed_ms", sa.BigInteger()),
        sa.Column("ended_ms", sa.BigInteger()),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("sample", "bake_s", "failures_percent", "at_facility", "patience_s")
        ),
        sa.Column("wave", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("counted_ms", sa.BigInteger()),
        sa.Column("ground", sa.String(16)),
        sa.Column("seen", sa.Text()),
        sa.Column("judged_ms", sa.BigInteger()),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_rollout_two_people")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rollout")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "rollout_wave",
        sa.Column("rollout", _ROW, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("ring", sa.String(8), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("began_ms", sa.BigInteger()),
        sa.Column("passed_ms", sa.BigInteger()),
        sa.CheckConstraint("share BETWEEN 1 AND 100", name=op.f("ck_rollout_wave_percent")),
        sa.ForeignKeyConstraint(["rollout"], ["rollout.number"], name=op.f("fk_rollout_wave_rollout")),
        sa.PrimaryKeyConstraint("rollout", "n", name=op.f("pk_rollout_wave")),
    )
    op.create_table(
        "rollout_kiosk",
        sa.Column("rollout", _ROW, nullable=False),
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("n", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("again_ms", sa.BigInteger()),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(64)),
        sa.Column("since_ms", sa.BigInteger()),
        sa.Column("visits", sa.BigInteger()),
        sa.Column("poor", sa.BigInteger()),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_rollout_kiosk_kiosk")),
        sa.ForeignKeyConstraint(
            ["rollout", "wave"],
            ["rollout_wave.rollout", "rollout_wave.n"],
            name=op.f("fk_rollout_kiosk_rollout"),
        ),
        sa.PrimaryKeyConstraint("rollout", "kiosk", name=op.f("pk_rollout_kiosk")),
    )
    op.create_index(op.f("ix_rollout_kiosk_kiosk"), "rollout_kiosk", ["kiosk"])
    op.create_index(op.f("ix_rollout_kiosk_rollout_state"), "rollout_kiosk", ["rollout", "state"])
