# SPDX-License-Identifier: Apache-2.0
"""Several couriers share the shards by leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the couriers that run and who takes which shard; nobody takes any yet."""
    op.create_table(
        "courier",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_courier")),
    )
    leases = op.create_table(
        "shard_lease",
        sa.Column("shard", sa.String(length=2), nullable=False),
        sa.Column("courier", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_shard_lease")),
    )
    op.bulk_insert(leases, [{"shard": f"{n:02x}", "courier": ""} for n in range(256)])
