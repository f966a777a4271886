# SPDX-License-Identifier: Apache-2.0
"""The bytes of events move out of the ledger, into a table that PostgreSQL divides by the month of their receipt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, move what there is, and leave the ledger lean. `dipchip-fleet months` makes the months."""
    op.create_table(
        "event_content",
        sa.Column("event", sa.String(length=36), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=False),
        sa.Column("attachment", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("event", "received_ms", name=op.f("pk_event_content")),
        postgresql_partition_by="RANGE (received_ms)",
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE event_content_rest PARTITION OF event_content DEFAULT")
    op.execute("INSERT INTO event_content SELECT id, received_ms, signed, attachment FROM event")
    op.drop_column("event", "signed")
    op.drop_column("event", "attachment")
