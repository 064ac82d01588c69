"""Runs the migrations on the connection from :mod:`index.catalog.schema`; Alembic executes this script."""

from alembic import context

# Nothing imports this file, so it may act as soon as it is executed.
context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
