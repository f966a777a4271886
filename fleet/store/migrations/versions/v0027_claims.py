# SPDX-License-Identifier: Apache-2.0
"""Kiosks claim their names, and the certificates that they were given are noted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "claim",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(32)),
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("facility", sa.String(5), nullable=False),
        sa.Column("province", sa.String(2), nullable=False),
        sa.Column("shard", sa.String(2), nullable=False),
        sa.Column("profile", sa.String(8), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("taken_ms", sa.BigInteger()),
        sa.Column("fingerprint", sa.LargeBinary(32)),
        sa.Column("withdrawn_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_digest"), "claim", ["digest"], unique=True)
    op.create_index(op.f("ix_claim_kiosk"), "claim", ["kiosk"])
    op.create_table(
        "given_certificate",
        sa.Column("serial", sa.String(40), nullable=False),
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("key_digest", sa.String(64), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("given_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_given_certificate_kiosk")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_given_certificate")),
    )
    op.create_index(op.f("ix_given_certificate_kiosk_given_ms"), "given_certificate", ["kiosk", "given_ms"])
