# SPDX-License-Identifier: Apache-2.0
"""Operators sign in otherwise too: at a provider, with passkeys; and what their browsers have begun."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the three tables."""
    op.create_table(
        "operator_identity",
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("operator", _ROW, nullable=False),
        sa.Column("issuer", sa.String(length=256), nullable=False),
        sa.Column("linked_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator"], ["operator.id"], name=op.f("fk_operator_identity_operator")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_operator_identity")),
        sa.UniqueConstraint("operator", name=op.f("uq_operator_identity_operator")),
    )
    op.create_table(
        "operator_passkey",
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("credential", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("operator", _ROW, nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["operator"], ["operator.id"], name=op.f("fk_operator_passkey_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_passkey")),
        sa.UniqueConstraint("credential", name=op.f("uq_operator_passkey_credential")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_operator_passkey_operator"), "operator_passkey", ["operator"])
    op.create_table(
        "operator_errand",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("operator", _ROW, nullable=True),
        sa.Column("wanted", sa.String(length=512), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator"], ["operator.id"], name=op.f("fk_operator_errand_operator")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_operator_errand")),
    )
    op.create_index(op.f("ix_operator_errand_until_ms"), "operator_errand", ["until_ms"])
