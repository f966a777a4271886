# SPDX-License-Identifier: Apache-2.0
"""How alembic runs a migration: over the connection it was given, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from fleet.store.alert_tables import alert
from fleet.store.operator_tables import operator

_A_TABLE_OF_EACH_FILE = (operator, alert)  # to import a file is to add its tables to the one metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=_A_TABLE_OF_EACH_FILE[0].metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
