# SPDX-License-Identifier: Apache-2.0
"""Acts stand at places, so that a province reads what was done there; rights wait for a second person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the two tables; what was written before stands nowhere, so the nation alone reads it."""
    op.create_table(
        "audit_place",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("region", sa.Integer(), nullable=True),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column("facility", sa.String(length=5), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_place")),
    )
    op.create_index(op.f("ix_audit_place_province_seq"), "audit_place", ["province", "seq"])
    op.create_table(
        "rights_proposal",
        sa.Column("operator", _ROW, nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.String(length=32), nullable=False),
        sa.Column("proposed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator"], ["operator.id"], name=op.f("fk_rights_proposal_operator")),
        sa.PrimaryKeyConstraint("operator", name=op.f("pk_rights_proposal")),
    )
