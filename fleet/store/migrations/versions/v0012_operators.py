# SPDX-License-Identifier: Apache-2.0
"""Operators sign in: their accounts, sessions, tokens, and who waits after wrong attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the four tables; nobody has an account yet."""
    op.create_table(
        "operator",
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("display", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password", sa.String(length=128), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=False),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("disabled_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("name", name=op.f("uq_operator_name")),
    )
    _belonging(
        "operator_session",
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("began_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
    )
    _belonging(
        "api_token",
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "sign_in_pause",
        sa.Column("who", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("who", name=op.f("pk_sign_in_pause")),
    )


def _belonging(name: str, *columns: sa.Column[object]) -> None:
    """Make a table of what opens the console for an operator, known by a digest."""
    op.create_table(
        name,
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("operator", _ROW, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["operator"], ["operator.id"], name=op.f(f"fk_{name}_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("digest", name=op.f(f"uq_{name}_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f(f"ix_{name}_operator"), name, ["operator"])
