"""Run by Alembic: the steps go through the connection and the transaction of app/store/upgrade.py."""

from alembic import context

from app.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
