# SPDX-License-Identifier: Apache-2.0
"""How alembic runs a migration: over the connection it was given, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from fleet.store.every_table import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
