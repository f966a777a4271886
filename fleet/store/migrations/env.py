# SPDX-License-Identifier: Apache-2.0
"""How alembic runs a migration: over the connection it was given, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from fleet.store.operator_tables import operator  # the last file of tables: it imports the others

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=operator.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
